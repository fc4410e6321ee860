// <dialog>: data-dialog-open="id" opens it, data-dialog-close closes it, so does a click on the backdrop.
// A dialog that htmx brings in with data-dialog-show opens by itself.

export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog && !dialog.open) dialog.showModal();
  return dialog;
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener && openDialog(opener.dataset.dialogOpen)) {
    event.preventDefault();
    return;
  }
  const closer = event.target.closest("[data-dialog-close]");
  if (closer) {
    closer.closest("dialog")?.close();
    event.preventDefault();
  } else if (event.target.matches("dialog[open]")) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right
      && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
});

document.addEventListener("htmx:after:swap", () => {
  for (const dialog of document.querySelectorAll("dialog[data-dialog-show]:not([open])")) {
    delete dialog.dataset.dialogShow;
    dialog.showModal();
  }
});
