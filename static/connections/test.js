// «Проверить»: ask the service without leaving the page. Without this script the form does the same with a new page.
"use strict";
for (const form of document.querySelectorAll("form[data-test]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const button = form.querySelector("button"), card = form.closest(".card");
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    let answer;
    try {
      const headers = { Accept: "application/json" };
      answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers, redirect: "manual" });
      // The session ended.
      if (answer.type === "opaqueredirect") return location.reload();
      if (!answer.ok) throw new Error(answer.statusText);
      const told = await answer.json();
      if (!told.connected) return location.reload();
      card.querySelector("[data-light]").className = `light light-${told.light}`;
      card.querySelector("[data-state]").textContent = told.state;
      card.querySelector("[data-details]").textContent = told.details;
      const checked = card.querySelector("[data-checked]");
      checked.textContent = `${checked.dataset.checked} ${told.checked}`;
    } catch {
      document.body.dispatchEvent(new CustomEvent("htmx:responseError", { detail: { xhr: answer } }));
    } finally {
      button.disabled = false;
      button.removeAttribute("aria-busy");
    }
  });
}
