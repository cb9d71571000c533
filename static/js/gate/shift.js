// A shift: who scans, at which gate, in which direction. Kept, so that a restarted phone goes on where it was.
import { drawBadges } from "./badge.js";
import { form, part } from "./screens.js";

/** Draws the form for this set-up; gates without exits have one direction only. */
export const drawShift = (setup, current) => {
  const element = form("shift");
  element.elements.steward.value = current?.steward ?? setup.device.steward ?? "";
  part("event").textContent = setup.event.name;
  const group = part("gates");
  group.replaceChildren(group.querySelector("legend"), ...setup.gates.map((gate) => choice(gate, current?.gate ?? setup.gates[0]?.id)));
  element.elements.direction.value = current?.direction === "out" ? "exit" : "entry";
  drawDirections(setup);
  drawBadges(part("badges"), setup.badges ?? []);
};

const choice = (gate, chosen) => {
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "gate", value: String(gate.id), required: true, checked: gate.id === chosen });
  label.append(input, gate.name);
  return label;
};

/** Exit is there only where the gate's list counts exits. */
export const drawDirections = (setup) => {
  const element = form("shift");
  const gate = setup.gates.find(({ id }) => String(id) === element.elements.gate?.value);
  const exits = Boolean(gate && setup.listOf(gate)?.rule.exits);
  part("directions").hidden = !exits;
  if (!exits) element.elements.direction.value = "entry";
};

/** What the form says, as it is kept: {steward, gate, direction, nonce}. */
export const shiftFrom = (fields) => ({
  steward: fields.steward.trim(),
  gate: Number(fields.gate),
  direction: fields.direction === "exit" ? "out" : "in",
  nonce: crypto.randomUUID(),
});

/** Keeps the shift and owes the server the word of it. */
export const beginShift = (shift, { store, clock }) => {
  const { nonce, steward, gate } = shift;
  const body = { nonce, steward, gate, started_at: new Date().toISOString(), skew_ms: clock.skewMs };
  return store.change(["facts", "queue"], ({ facts, queue }) => {
    facts.put(shift, "shift");
    queue.add({ kind: "shift", nonce, held: false, body });
  });
};

/** {gate, list, direction, steward, shift} for judging, or null when the gate is not this device's any more. */
export const placeOf = (setup, shift) => {
  const gate = setup?.gates.find(({ id }) => id === shift?.gate);
  const list = gate && setup.listOf(gate);
  return list ? { gate, list, direction: shift.direction, steward: shift.steward, shift: shift.nonce } : null;
};
