// Chooses the theme at once; the form itself tells the server, which prints data-theme from then on.
// Everything that paints by hand (charts) listens for "theme-change" on the document.

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function announce() {
  document.dispatchEvent(new CustomEvent("theme-change"));
}

function show(theme, form) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const button of form.querySelectorAll("button[name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  form.closest("details")?.removeAttribute("open");
  announce();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const theme = event.submitter?.value;
  if (!form.matches?.("[data-theme-form]") || theme === undefined) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  show(theme, form);
  try {
    await fetch(form.action, { method: "POST", body, redirect: "manual" });
  } catch {
    // The page already looks as chosen; only remembering it failed, and the next choice tries again.
  }
});

system.addEventListener("change", announce);
