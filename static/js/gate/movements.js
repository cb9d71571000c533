// What this phone did to tickets' states, on top of what the copy says, until the copy says it itself.
// A movement is known to the server from the upload on; parts with a higher number than the one the
// server had then have it counted.
const hex = (id) => Array.from(id, (byte) => byte.toString(16).padStart(2, "0")).join("");

export class Movements {
  #of = new Map(); // record id → movements, oldest first

  /** From the scans kept on the phone. */
  static from(scans) {
    const made = new Movements();
    for (const scan of scans) made.add(scan);
    return made;
  }

  /** `scan` as scans are kept: {id, list, period, direction, let_in, scanned_at, gate, known_from, undone, undo_known_from}. */
  add(scan) {
    if (!scan.id) return;
    const name = hex(scan.id);
    const others = (this.#of.get(name) ?? []).filter((other) => other.nonce !== scan.nonce);
    this.#of.set(name, [...others, scan].sort((one, other) => one.scanned_at - other.scanned_at));
  }

  /** The copy's state with this phone's own movements: {entries, inside, at, gate}. */
  on(base, id, list, period, exits) {
    const mine = (this.#of.get(hex(id)) ?? []).filter((scan) => scan.let_in && scan.list === list && scan.period === period);
    return mine.reduce((state, scan) => applied(state, scan, base.part, exits), base);
  }
}

const toldBy = (knownFrom, part) => knownFrom !== null && knownFrom !== undefined && part > knownFrom;

const applied = (state, scan, part, exits) => {
  const counted = toldBy(scan.known_from, part);
  if (scan.undone) {
    if (!counted || toldBy(scan.undo_known_from, part)) return state;
    return { ...state, entries: Math.max(0, state.entries - 1), inside: false };
  }
  if (counted) return state;
  const moved = { ...state, at: scan.scanned_at, gate: scan.gate };
  return scan.direction === "out" ? { ...moved, inside: false } : { ...moved, entries: state.entries + 1, inside: Boolean(exits) };
};
