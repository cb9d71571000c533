// A form is sent once: the second click does nothing, coming back makes it usable again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent === "yes") return event.preventDefault();
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
  }
});
