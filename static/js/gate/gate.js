// What this phone is as a gate: its memory, set-up, copy, clock and shift, loaded from the disk and kept there.
import { ServerClock } from "./clock.js";
import { Copy } from "./copy.js";
import { Movements } from "./movements.js";
import { periodOf } from "./rules.js";
import { Server } from "./server.js";
import { beginShift, placeOf } from "./shift.js";
import { Store } from "./store.js";
import { readSetUp, Sync } from "./sync.js";
import { Turnstile } from "./turnstile.js";

const SCANS_KEPT_MS = 48 * 3600_000;

export class Gate {
  /** `library`: the address of @noble/ed25519 or "". `hears` as Sync tells it. */
  static async load({ library, hears }) {
    const gate = new Gate();
    const store = (gate.store = await Store.open());
    gate.clock = new ServerClock((await store.fact("skew_ms")) ?? 0);
    gate.server = new Server(gate.clock, await store.fact("token"));
    gate.shift = await store.fact("shift");
    gate.known = { setup: null, copy: await Copy.load(store), movements: Movements.from([]), asking: new Set(), means: { library } };
    const { clock, server, known } = gate;
    gate.sync = new Sync({ store, server, clock, known, hears: { ...hears, setUp: (setup) => gate.use(setup, hears) } });
    gate.sync.freshAt = (await store.fact("fresh_at")) ?? null;
    gate.turnstile = new Turnstile({ store, server, clock, known, shift: () => gate.place, dismissed: hears.dismissed });
    await gate.#remember();
    const setup = await store.fact("setup");
    if (setup) gate.use(setup);
    for (const { id, list } of gate.mine) known.copy.countOne(id, list);
    return gate;
  }

  /** Scans of this phone: what they did to tickets' states; a decision that a restart cut off is "no". */
  async #remember() {
    const scans = await this.store.scans();
    this.known.movements = this.sync.known.movements = Movements.from(scans);
    for (const scan of scans.filter(({ undecided }) => undecided)) await this.turnstile.decide(scan, false);
    this.mine = scans.filter(({ id, let_in, undone, direction }) => id && let_in && !undone && direction === "in");
    const old = scans.filter(({ scanned_at, known_from }) => known_from !== null && scanned_at < Date.now() - SCANS_KEPT_MS);
    await this.store.change(["scans"], (stores) => old.forEach(({ nonce }) => stores.scans.delete(nonce)));
  }

  use(setup, hears) {
    this.known.setup = readSetUp(setup);
    this.known.copy.countFor((list) => this.#periodOf(list));
    hears?.setUp?.(this.known.setup);
  }

  #periodOf(id) {
    const { lists, event } = this.known.setup;
    const list = lists.find((other) => other.id === id);
    return list ? periodOf(list.rule, this.clock.now(), event.time_zone) : 0;
  }

  get setup() {
    return this.known.setup;
  }

  /** Where scans are judged now, or null before a shift. */
  get place() {
    return placeOf(this.known.setup, this.shift);
  }

  async begin(shift) {
    this.shift = shift;
    await beginShift(shift, this);
  }

  /** Whether the server answers: true, false, or null before the first answer. */
  get online() {
    if (this.server.silent || !navigator.onLine) return false;
    return this.server.heardAt ? true : null;
  }

  scans() {
    return this.store.scans();
  }
}
