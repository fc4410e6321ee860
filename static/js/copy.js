// data-copy="text" copies its text, data-copy-from="id" the text of that element. The button shows a check for a moment.

import { whisper, showToast } from "./toast.js";

async function copy(text) {
  // The clipboard interface exists on https and localhost only; many studios run on plain http in a lab's network.
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("the browser refused to copy");
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  event.preventDefault();
  const source = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
  try {
    await copy(source ? (source.value ?? source.textContent) : button.dataset.copy);
  } catch {
    showToast({ tone: "error", text: "The browser does not allow copying here." });
    return;
  }
  button.focus({ preventScroll: true });
  button.dataset.copied = "";
  whisper("Copied");
  setTimeout(() => delete button.dataset.copied, 1500);
});
