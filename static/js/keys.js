// Keys that work on every page: "/" goes to the query box, "?" shows the keys, and an element with
// data-key="n" is clicked by that key. Never while someone types, and never with a modifier.

import { openDialog } from "./dialog.js";

const typing = (element) => element.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog:modal") && event.key !== "?") return;
  if (event.key === "/") {
    const box = document.querySelector("[data-query-box]");
    if (!box) return;
    box.focus();
    box.select();
  } else if (event.key === "?") {
    openDialog("keys");
  } else {
    const element = /^\w$/.test(event.key) && document.querySelector(`[data-key="${event.key}"]`);
    if (!element) return;
    element.click();
  }
  event.preventDefault();
});
