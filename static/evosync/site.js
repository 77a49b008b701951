// What htmx needs around it: questions in a dialog, words when the site does not answer, a way back to the login.
"use strict";
(() => {
  const dialog = document.getElementById("dialog");
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "dialog-body") return;
    // The page had another answer than a question: what was to be asked is gone.
    if (event.detail.target.childElementCount) dialog.showModal();
    else location.reload();
  });
  dialog.addEventListener("click", (event) => {
    // The dialog itself is hit only beside its content.
    if (event.target !== dialog && !event.target.closest("[data-close]")) return;
    event.preventDefault();
    dialog.close();
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    // The session ended: what came is the login page, which is no piece of this one.
    const address = event.detail.xhr.responseURL;
    if (!address || new URL(address).pathname !== "/login") return;
    event.detail.shouldSwap = false;
    location.reload();
  });
  const silent = (event) => {
    // Refused by its token: another sign-in or a sign-out has made this page old.
    const about = event.detail?.xhr?.status === 403 ? "out-of-date" : "no-answer";
    const words = document.getElementById(about).content.cloneNode(true);
    words.querySelector("[data-reload]")?.addEventListener("click", () => location.reload());
    document.getElementById("messages").replaceChildren(words);
    document.getElementById("messages").scrollIntoView({ block: "nearest" });
  };
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.body.addEventListener(name, silent);
  }
  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.classList.contains("sent")) event.preventDefault();
    form.classList.add("sent");
  });
  addEventListener("pageshow", () => document.querySelectorAll("form.sent").forEach((form) => form.classList.remove("sent")));
})();
