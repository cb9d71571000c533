// Always in sight: the gate, network, age of the copy, scans that wait, and the counts.
import { ageText } from "./moments.js";
import { part } from "./screens.js";

const AGE_WARNS_S = 120;
const AGE_IS_BAD_S = 900;
const QUEUE_IS_BAD = 100;

const sign = (name, text, kind) => {
  const element = document.querySelector(`[data-sign="${name}"]`);
  element.className = kind;
  const words = element.querySelector("span");
  if (words.textContent !== text) words.textContent = text;
};

const ageKind = (seconds) => (seconds === null || seconds > AGE_IS_BAD_S ? "bad" : seconds > AGE_WARNS_S ? "warn" : "");

/** `online`: true, false, or null while nobody was asked yet. */
export const drawSigns = ({ online, ageS, depth }) => {
  sign("network", online === null ? "Connecting" : online ? "Online" : "No network", online === false ? "warn" : online ? "ok" : "");
  sign("age", ageS === null ? "No copy yet" : `Copy ${ageText(ageS)} old`, ageKind(ageS));
  sign("queue", `${depth} waiting`, depth > QUEUE_IS_BAD ? "bad" : depth > 0 ? "warn" : "");
};

export const drawGate = ({ gate, direction }) => {
  part("gate").textContent = gate.name;
  const out = direction === "out";
  part("direction").textContent = out ? "Exit" : "Entry";
  part("direction").classList.toggle("exit", out);
};

export const drawTallies = (tallies) => {
  for (const [name, number] of Object.entries(tallies)) {
    document.querySelector(`[data-tally="${name}"]`).textContent = number.toLocaleString("en-GB");
  }
};
