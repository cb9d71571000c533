// Which of the page's screens is seen, its dialogs, and its parts by name.
export const part = (name, within = document) => within.querySelector(`[data-for="${name}"]`);
export const form = (name) => document.querySelector(`[data-form="${name}"]`);
const SCREENS = ["opening", "shift", "scanning"];

/** One screen, the others hidden. */
export const show = (name) => {
  for (const other of SCREENS) document.getElementById(other).hidden = other !== name;
};

/** `acts`: what the button named data-does="…" does. */
export const listen = (acts) => {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-does]");
    if (button) acts[button.dataset.does]?.(button);
    event.target.closest("[data-closes]")?.closest("dialog").close();
  });
};

/** A form's submit by script alone: `act(fields, form)`. A second click while it runs does nothing. */
export const onSubmit = (name, act) => {
  const element = form(name);
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (element.getAttribute("aria-busy") === "true") return;
    element.setAttribute("aria-busy", "true");
    try {
      await act(Object.fromEntries(new FormData(element)), element);
    } finally {
      element.removeAttribute("aria-busy");
    }
  });
};

/** In the page's one live region. */
export const announce = (sentence) => {
  document.getElementById("live").textContent = sentence;
};

/** A sentence in a place of its own, or nothing. */
export const say = (element, sentence) => {
  element.textContent = sentence;
  element.hidden = !sentence;
};
