// <details data-menu>: one open at a time; a click outside, Escape or leaving it by keyboard closes; arrows move.

const openMenus = () => document.querySelectorAll("details[data-menu][open]");

function closeAll(except) {
  for (const menu of openMenus()) if (!menu.contains(except)) menu.open = false;
}

document.addEventListener("click", (event) => {
  closeAll(event.target);
  const item = event.target.closest(".menu-item");
  if (item && !item.matches("[data-menu-stay]")) {
    const menu = item.closest("details[data-menu]");
    // Later, so that the click's own action (submit, dialog) still finds the item in the page.
    if (menu) setTimeout(() => { menu.open = false; });
  }
});

document.addEventListener("focusin", (event) => closeAll(event.target));

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (event.key === "Escape") {
    const open = menu ?? [...openMenus()].at(-1);
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
    event.preventDefault();
    return;
  }
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  if (event.target.matches("input, textarea, select")) return;
  const items = [...menu.querySelectorAll(".menu-item:not(:disabled)")];
  if (!items.length) return;
  const here = items.indexOf(document.activeElement);
  const next = { ArrowDown: here + 1, ArrowUp: here < 0 ? -1 : here - 1, Home: 0, End: -1 }[event.key];
  items.at(next >= items.length ? 0 : next).focus();
  event.preventDefault();
});
