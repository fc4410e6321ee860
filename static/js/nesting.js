// Rows of child runs: a twisty's first click lets htmx fetch them, its second takes them away again.

const rowsUnder = (uid) => [...document.querySelectorAll(`tr[data-under="${CSS.escape(uid)}"]`)];

function fold(row) {
  for (const child of rowsUnder(row.dataset.run)) {
    if (child.dataset.run) fold(child);
    child.remove();
  }
}

// In the capturing phase, so that an open row is folded before htmx would fetch it again.
document.addEventListener("click", (event) => {
  const twisty = event.target.closest?.("[data-twisty]");
  if (!twisty || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const open = twisty.getAttribute("aria-expanded") === "true";
  if (open) {
    fold(twisty.closest("tr"));
    event.preventDefault();
    event.stopPropagation();
  }
  twisty.setAttribute("aria-expanded", String(!open));
}, true);

document.addEventListener("keydown", (event) => {
  const twisty = event.key === " " && event.target.closest?.("[data-twisty]");
  if (!twisty) return;
  twisty.click();
  event.preventDefault();
});
