// The gate's copy for working without a network: a whole part and the deltas after it, searched newest first.
import { BadPart, Part, numberOf, partsOf } from "./part.js";

const MOST_PARTS = 400; // then one whole part is asked for again, and searching stays quick

/** The parts don't follow what is here: everything must be asked for anew. */
export class NeedsWhole extends Error {}

export class Copy {
  #parts = []; // oldest first
  #admitted = new Map(); // list → set of record numbers that came in, in the period counted
  #period = () => 0;
  #own = []; // [record number, list] let in by this phone: counted before the server tells of them
  #tickets = 0;

  static async load(store) {
    const copy = new Copy();
    copy.#parts = (await store.parts()).map((row) => new Part(row.bytes));
    copy.#count();
    return copy;
  }

  /** The newest part's number; 0: there is no copy. */
  get number() {
    return this.#parts.at(-1)?.header.number ?? 0;
  }

  get tooManyParts() {
    return this.#parts.length > MOST_PARTS;
  }

  /** How many tickets are in it, whatever their standing. */
  get tickets() {
    return this.#tickets;
  }

  /** Keeps an answer of the server: checked, written, then used. BadPart: nothing of it was taken. NeedsWhole: ask without `since`. */
  async take(bytes, { store, eventId, keys, means }) {
    for (const part of partsOf(bytes)) {
      const { event, number, after, kind } = part.header;
      if (event !== eventId || !(await part.authentic(keys, means))) throw new BadPart("not signed by this event");
      if (kind !== "whole" && after > this.number) throw new NeedsWhole();
      if (kind !== "whole" && number <= this.number) continue;
      await store.change(["parts"], ({ parts }) => {
        if (kind === "whole") parts.clear();
        parts.put({ number, bytes: part.bytes.slice() });
      });
      const before = kind === "whole" ? [] : this.#parts;
      this.#parts = [...before, part];
      if (kind === "whole") this.#count();
      else this.#countPart(part, before);
    }
  }

  /** The record that this code opens, or null: {standing, type, order, secret, attendee}. */
  async record({ id, open }) {
    for (const part of this.#newestFirst()) {
      const sealed = part.sealed(id);
      if (sealed) return part.record(await open(part.salt, sealed));
    }
    return null;
  }

  /** What the copy says of a ticket at a list in a period: {entries, inside, at, gate, part}. */
  state(id, list, period) {
    for (const part of this.#newestFirst()) {
      const found = part.state(id, list, period);
      if (found) return { ...found, part: part.header.number };
    }
    return { entries: 0, inside: false, at: null, gate: null, part: 0 };
  }

  /** Counts those of the period that `of(list)` gives, from now on. */
  countFor(of) {
    this.#period = of;
    this.#count();
  }

  /** How many tickets came in by the list. */
  admitted(list) {
    return this.#admitted.get(list)?.size ?? 0;
  }

  /** One more, before the server tells it. */
  countOne(id, list) {
    this.#own.push([numberOf(id), list]);
    this.#setOf(list).add(numberOf(id));
  }

  /** One less: it was undone here. */
  uncountOne(id, list) {
    this.#own = this.#own.filter(([number, other]) => number !== numberOf(id) || other !== list);
    this.#setOf(list).delete(numberOf(id));
  }

  #newestFirst() {
    return [...this.#parts].reverse();
  }

  #count() {
    this.#admitted.clear();
    this.#tickets = 0;
    this.#parts.forEach((part, place) => this.#countPart(part, this.#parts.slice(0, place)));
    for (const [number, list] of this.#own) this.#setOf(list).add(number);
  }

  #countPart(part, before) {
    this.#tickets += before.length ? part.recordsNotIn(before) : part.header.records;
    part.eachState((number, { list, period, entries }) => {
      if (period !== this.#period(list)) return;
      if (entries > 0) this.#setOf(list).add(number);
      else this.#setOf(list).delete(number);
    });
  }

  #setOf(list) {
    if (!this.#admitted.has(list)) this.#admitted.set(list, new Set());
    return this.#admitted.get(list);
  }
}
