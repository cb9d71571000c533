// One attempt: judged on the phone, written down, then asked of the server while there is time.
// The scan is on the disk before a verdict is seen, and carries a nonce, so that nothing is lost and nothing counts twice.
import { judgeAlone } from "./judge.js";
import { Dismissed } from "./server.js";

const ONLINE_BUDGET_MS = 250;
const LOOK_UP_MS = 4000; // a typed number or a name means nothing to the phone alone: the server's word is worth waiting for
const NO_NETWORK = ["No network", "?", "unsure", "Numbers and names need one. Read the code itself."];

export class Turnstile {
  /** `known`: {setup, copy, movements, means, asking}; `shift()`: {gate, list, direction, steward}. */
  constructor({ store, server, clock, known, shift, dismissed }) {
    Object.assign(this, { store, server, clock, known, shift, dismissed });
  }

  /** The scan with its verdict. via: code, serial or hand. */
  async take(text, via) {
    const began = performance.now();
    const at = this.shift();
    const alone = await judgeAlone(text, at, this.known, this.clock.now());
    const scan = this.#scan(via, at, alone);
    this.known.asking.add(scan.nonce); // the queue's own round leaves it alone meanwhile
    try {
      await this.#write(scan, text);
      const left = (via === "code" ? ONLINE_BUDGET_MS : LOOK_UP_MS) - (performance.now() - began);
      return (await this.#ask(scan, text, left)) ?? scan;
    } finally {
      this.known.asking.delete(scan.nonce);
    }
  }

  #scan(via, at, alone) {
    const { verdict, letIn, ticket, earlier, id, period } = alone;
    return {
      nonce: crypto.randomUUID(), scanned_at: this.clock.now(), skew_ms: this.clock.skewMs, via, direction: at.direction,
      gate: at.gate.id, list: at.list.id, steward: at.steward, shift: at.shift, id, period, ticket, earlier,
      words: via !== "code" && verdict === "unknown" ? NO_NETWORK : null,
      verdict, let_in: letIn === true, undecided: letIn === null, by: "phone", known_from: null, undone: false,
    };
  }

  /** A scan for the wire. `alone`: whether the phone decided it. */
  static body(scan, text, alone) {
    const { nonce, gate, via, direction, skew_ms, verdict, let_in } = scan;
    const scanned_at = new Date(scan.scanned_at - skew_ms).toISOString(); // the phone's own clock
    return { nonce, gate, presented: text.slice(0, 400), via, direction, scanned_at, skew_ms, offline: alone ? { verdict, let_in } : null };
  }

  /** Into the list and into the queue at once; a steward's decision is waited for before it is sent. */
  #write(scan, text) {
    const waiting = { kind: "scan", nonce: scan.nonce, held: scan.undecided, body: Turnstile.body(scan, text, true) };
    this.known.movements.add(scan);
    return this.store.change(["scans", "queue"], ({ scans, queue }) => {
      scans.put(scan);
      queue.add(waiting);
    });
  }

  /** What the server says in time, or null. Older scans go first: while some wait, it isn't asked about a code. */
  async #ask(scan, text, leftMs) {
    if (this.server.silent || leftMs < 30 || !navigator.onLine) return null;
    const waiting = await this.store.waiting();
    const older = waiting.some((item) => item.kind === "scan" && !item.held && item.nonce !== scan.nonce);
    if (older && scan.via === "code") return null;
    try {
      const scans = [Turnstile.body(scan, text, false)];
      const answer = await this.server.post("scans/", { scans, queue: 0 }, { timeoutMs: leftMs });
      return await this.#settle(scan, waiting.find((item) => item.nonce === scan.nonce)?.key, answer);
    } catch (error) {
      if (error instanceof Dismissed) this.dismissed(error);
      return null; // the queue has it
    }
  }

  async #settle(scan, key, answer) {
    const settled = withAnswer({ ...scan, by: "server" }, answer.results[0], answer.copy_number);
    this.known.movements.add(settled);
    await this.store.change(["scans", "queue"], ({ scans, queue }) => {
      scans.put(settled);
      queue.delete(key);
    });
    return settled;
  }

  /** The steward's word on a genuine ticket that is in no list. */
  async decide(scan, letIn) {
    const decided = { ...scan, let_in: letIn, undecided: false };
    const item = (await this.store.waiting()).find(({ nonce }) => nonce === scan.nonce);
    this.known.movements.add(decided);
    await this.store.change(["scans", "queue"], ({ scans, queue }) => {
      scans.put(decided);
      if (!item) return;
      const { key, ...rest } = item;
      queue.put({ ...rest, held: false, body: { ...rest.body, offline: { verdict: scan.verdict, let_in: letIn } } }, key);
    });
    return decided;
  }
}

/** A scan with what the server said of it. */
export const withAnswer = (scan, result, copyNumber) => ({
  ...scan,
  verdict: result.verdict,
  let_in: result.let_in,
  undecided: false,
  words: [result.word, result.glyph, result.colour, result.sentence],
  ticket: result.ticket ?? scan.ticket,
  earlier: result.earlier ? { at: Date.parse(result.earlier.at), gate: result.earlier.gate } : null,
  conflict: result.conflict ?? null,
  known_from: copyNumber,
});
