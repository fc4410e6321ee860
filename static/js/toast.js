// Toasts: short words about what just happened, in the page's live region. The server sends one with
//   HX-Trigger: {"toast": {"text": "Archived 3 runs", "tone": "success", "undo": "/…/restore"}}

const TONES = { success: ["ok", "check"], error: ["fail", "x"], warning: ["stale", "triangle-alert"], info: ["run", "info"] };
const STAYS = 7000;

const region = () => document.getElementById("toasts");
const sprite = document.querySelector("meta[name=icon-sprite]")?.content ?? "";

export function icon(name) {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  shape.setAttribute("class", "icon");
  shape.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  shape.append(use);
  return shape;
}

function make(name, className, text = "") {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

/** Says something to people who listen to the page, and shows nothing. */
export function whisper(text) {
  const words = make("span", "visually-hidden", text);
  region()?.append(words);
  setTimeout(() => words.remove(), 2000);
}

export function showToast({ text, tone = "info", undo = "" }) {
  const [colour, shape] = TONES[tone] ?? TONES.info;
  const toast = make("div", "toast");
  toast.dataset.toast = "";
  toast.dataset.tone = colour;
  toast.append(icon(shape), make("span", "toast-text", text));
  if (undo) {
    const button = make("button", "button small", "Undo");
    button.dataset.toastUndo = undo;
    toast.append(button);
  }
  const close = make("button", "copy");
  close.dataset.toastClose = "";
  close.setAttribute("aria-label", "Dismiss");
  close.append(icon("x"));
  toast.append(close);
  region()?.append(toast);
  // An error, or something that can be undone, stays until it is dismissed.
  if (colour !== "fail" && !undo) leaveLater(toast);
}

function leaveLater(toast) {
  const leave = () => (toast.matches(":hover, :focus-within") ? leaveLater(toast) : toast.remove());
  setTimeout(leave, STAYS);
}

document.addEventListener("click", (event) => {
  const undo = event.target.closest("[data-toast-undo]");
  if (undo) window.htmx?.ajax("POST", undo.dataset.toastUndo, { source: document.body, swap: "none" });
  if (undo || event.target.closest("[data-toast-close]")) event.target.closest("[data-toast]")?.remove();
});

document.addEventListener("toast", (event) => showToast(event.detail));

document.addEventListener("htmx:error", () => {
  showToast({ tone: "error", text: "The studio did not answer. Check the connection and try again." });
});

for (const toast of document.querySelectorAll("#toasts [data-toast]:not([data-tone=fail])")) leaveLater(toast);
