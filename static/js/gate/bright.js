// Bright light: black on white for a gate in the sun. Kept for the next time.
const KEPT = "gate.bright";

const apply = (on) => {
  if (on) document.documentElement.dataset.light = "bright";
  else delete document.documentElement.dataset.light;
  document.querySelector("[data-does=bright]").setAttribute("aria-pressed", String(on));
};

export const followBright = () => apply(localStorage.getItem(KEPT) === "yes");

export const toggleBright = () => {
  const on = localStorage.getItem(KEPT) !== "yes";
  localStorage.setItem(KEPT, on ? "yes" : "no");
  apply(on);
};
