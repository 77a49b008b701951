// Light or dark before the page is drawn: what was chosen in the footer, else what the system prefers.
"use strict";
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try { return localStorage.getItem("theme") || ""; } catch { return ""; }
  };
  const show = () => {
    document.documentElement.dataset.bsTheme = chosen() || (dark.matches ? "dark" : "light");
  };
  dark.addEventListener("change", show);
  show();
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.getElementById("themes");
    const press = () => box.querySelectorAll("button").forEach((button) => {
      const pressed = button.dataset.theme === chosen();
      button.setAttribute("aria-pressed", pressed);
      button.classList.toggle("active", pressed);
    });
    box.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      try { localStorage.setItem("theme", button.dataset.theme); } catch { /* Not remembered then. */ }
      show();
      press();
    });
    box.hidden = false;
    press();
  });
})();
