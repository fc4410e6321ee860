// Edit in place: [data-inplace] shows a value and holds a form. The pencil (or F2 on it) starts, Enter saves as the
// form's own submit, Escape leaves without saving. Without JavaScript the form is simply there.

let returnTo = "";

function start(box) {
  box.dataset.editing = "";
  const input = box.querySelector(".inplace-form :is(input:not([type=hidden]), textarea)");
  input?.focus();
  input?.select();
}

function stop(box) {
  delete box.dataset.editing;
  box.querySelector("form").reset();
  box.querySelector("[data-inplace-start]")?.focus();
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-inplace]");
  if (!box) return;
  if (event.target.closest("[data-inplace-start]")) start(box);
  else if (event.target.closest("[data-inplace-cancel]")) stop(box);
});

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("[data-inplace]");
  if (!box) return;
  if (event.key === "Escape" && "editing" in box.dataset) {
    stop(box);
    event.preventDefault();
  } else if (event.key === "F2" && !("editing" in box.dataset)) {
    start(box);
    event.preventDefault();
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
    event.target.form.requestSubmit();
    event.preventDefault();
  }
});

document.addEventListener("submit", (event) => {
  returnTo = event.target.closest?.("[data-inplace]")?.id ?? "";
});

// The saved value comes back as a new element: the keyboard's place must not be lost with the old one.
document.addEventListener("htmx:after:swap", () => {
  const box = returnTo && document.getElementById(returnTo);
  returnTo = "";
  if (!box) return;
  if ("editing" in box.dataset) start(box);
  else box.querySelector("[data-inplace-start]")?.focus();
});
