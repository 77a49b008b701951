// The arrow of a group opens it (htmx does), and closes it again. Without this script it leads to the group's own list.
"use strict";
(() => {
  const arrowOf = (tree) => tree.closest("li").querySelector(":scope > .tree-line [data-opens]");
  const openedBy = (arrow) => arrow.closest("li").querySelector(":scope > .tree");
  // Before htmx hears of it.
  document.addEventListener("click", (event) => {
    const arrow = event.target.closest("[data-opens]");
    if (!arrow || event.ctrlKey || event.metaKey || event.shiftKey || !openedBy(arrow).childElementCount) return;
    event.preventDefault();
    event.stopPropagation();
    openedBy(arrow).replaceChildren();
    arrow.setAttribute("aria-expanded", "false");
  }, true);
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.matches("li > .tree")) arrowOf(event.detail.target).setAttribute("aria-expanded", "true");
  });
})();
