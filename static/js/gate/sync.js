// Telling the server and hearing from it: upload first, then download, one round at a time.
import { NeedsWhole } from "./copy.js";
import { BadPart, bytesFromBase64 } from "./part.js";
import { Away, Dismissed, Refused, Stranger } from "./server.js";
import { withAnswer } from "./turnstile.js";

const ROUND_MS = 10_000;
const SHORTLY_MS = 400;
const AGAIN_MS = 3_000; // while scans wait or nobody answers
const SIGN_OF_LIFE_MS = 30_000;
const UPLOAD_TIMEOUT_MS = 15_000;
const COPY_TIMEOUT_MS = 60_000;
const MOST_AT_ONCE = 200;

export class Sync {
  #round = null;
  #timer = 0;
  #atOnce = MOST_AT_ONCE;
  #pausedUntil = 0;
  #signedAt = 0;
  #stopped = false;

  /** `hears`: {changed(), setUp(setup), trouble(sentence), contradicted(scan, result), dismissed(error), stranger()} */
  constructor({ store, server, clock, known, hears }) {
    Object.assign(this, { store, server, clock, known, hears });
    this.freshAt = null; // when the copy was the newest there is, on the server's clock
    this.newest = 0;
  }

  /** Rounds from now on, and at once when the network is back. */
  start() {
    this.#stopped = false;
    window.addEventListener("online", () => this.soon());
    return this.soon();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** A round now, or the one that runs. */
  soon() {
    this.#round ??= this.#run().finally(() => (this.#round = null));
    return this.#round;
  }

  /** A round shortly: several scans in a row share it. */
  nudge() {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => this.soon(), this.server.silent ? AGAIN_MS : SHORTLY_MS);
  }

  async #run() {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    try {
      if (Date.now() >= this.#pausedUntil) {
        await this.#upload();
        await this.#download();
      }
    } catch (error) {
      this.#failed(error);
    }
    this.hears.changed();
    const waits = this.server.silent || (await this.store.depth().catch(() => 0)) > 0;
    if (!this.#stopped) this.#timer = setTimeout(() => this.soon(), waits ? AGAIN_MS : ROUND_MS);
  }

  #failed(error) {
    if (error instanceof Dismissed) {
      this.stop();
      this.hears.dismissed(error);
    } else if (error instanceof Stranger) {
      this.stop();
      this.hears.stranger();
    } else if (error instanceof Away) {
      this.#pausedUntil = Date.now() + error.retryAfterMs;
    } else {
      this.hears.trouble(error instanceof Refused ? error.message : `The copy could not be renewed: ${error.message}`);
    }
  }

  async #upload() {
    for (;;) {
      const waiting = (await this.store.waiting()).filter((item) => !item.held && !this.known.asking.has(item.nonce));
      if (waiting.length === 0) break;
      const others = waiting.findIndex((item) => item.kind !== "scan");
      if (others === 0) await this.#sendOther(waiting[0]);
      else await this.#sendScans(waiting.slice(0, Math.min(this.#atOnce, others < 0 ? waiting.length : others)), waiting.length);
      this.hears.changed();
    }
    if (this.known.strangeKey) await this.#renewSetUp();
    if (Date.now() - this.#signedAt > SIGN_OF_LIFE_MS) await this.#sendScans([], 0);
  }

  async #sendScans(items, waiting) {
    const queue = waiting - items.length;
    const body = { scans: items.map((item) => item.body), queue, battery: await battery(), copy_number: this.known.copy.number, copy_age_s: this.age() };
    let answer;
    try {
      answer = await this.server.post("scans/", body, { timeoutMs: UPLOAD_TIMEOUT_MS });
    } catch (error) {
      return this.#refused(error, items);
    }
    this.#atOnce = MOST_AT_ONCE;
    this.#signedAt = Date.now();
    this.newest = Math.max(this.newest, answer.copy_number);
    for (const [place, item] of items.entries()) await this.#heard(item, answer.results[place], answer.copy_number);
    if (answer.setup !== this.known.setup.setup) await this.#renewSetUp();
  }

  /** Fewer at once; and one scan the server will never take is set aside, so that it does not hold up the others. */
  async #refused(error, items) {
    if (!(error instanceof Refused) || items.length === 0) throw error;
    this.#atOnce = Math.max(1, Math.floor(items.length / 2));
    if (items.length > 1) return;
    const [{ key, ...item }] = items;
    await this.store.change(["queue"], ({ queue }) => queue.put({ ...item, held: true, refused: error.message }, key));
    this.hears.trouble(`One scan was not taken: ${error.message}`);
  }

  /** The server's word on a scan the phone decided. What happened at the gate is told once more where the server holds something else. */
  async #heard(item, result, copyNumber) {
    const scan = await this.store.scan(item.nonce);
    const told = scan && { ...withAnswer(scan, result, copyNumber), verdict: scan.verdict, words: null, let_in: scan.let_in, said: result.verdict };
    const differs = scan && scan.let_in !== result.let_in && !result.conflict;
    const correction = differs ? correctionOf(scan, item.body) : null;
    await this.store.change(["scans", "queue"], ({ scans, queue }) => {
      queue.delete(item.key);
      if (told) scans.put(told);
      if (correction) queue.add(correction);
    });
    if (told) this.known.movements.add(told);
    if (scan?.let_in && (result.conflict || !result.let_in)) this.hears.contradicted(told, result);
  }

  async #sendOther(item) {
    const path = { shift: "shifts/", undo: "undos/" }[item.kind];
    try {
      await this.server.post(path, item.body);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.hears.trouble(error.message); // said once; it must not hold up the scans behind it
    }
    const scan = item.kind === "undo" ? await this.store.scan(item.body.nonce) : null;
    const told = scan && { ...scan, undo_known_from: this.newest };
    await this.store.change(["scans", "queue"], ({ scans, queue }) => {
      queue.delete(item.key);
      if (told) scans.put(told);
    });
    if (told) this.known.movements.add(told);
  }

  async #renewSetUp() {
    const setup = await this.server.get("setup/");
    this.known.strangeKey = false;
    await keepSetUp(this.store, setup);
    this.hears.setUp(setup);
  }

  async #download() {
    const { copy } = this.known;
    const since = copy.number && !copy.tooManyParts ? `?since=${copy.number}` : "";
    try {
      await this.#fetchCopy(since);
    } catch (error) {
      if (!(error instanceof BadPart || error instanceof NeedsWhole)) throw error;
      if (error instanceof BadPart) await this.#renewSetUp(); // it may be signed with a key that is new
      await this.#fetchCopy("");
    }
  }

  async #fetchCopy(since) {
    const asked = this.clock.now();
    const bytes = await this.server.get(`snapshot/${since}`, { timeoutMs: COPY_TIMEOUT_MS });
    const { setup, copy, means } = this.known;
    if (bytes) await copy.take(bytes, { store: this.store, eventId: setup.event.id, keys: setup.publicKeys, means });
    this.freshAt = asked;
    await this.store.keepFact("fresh_at", asked);
    await this.store.keepFact("skew_ms", this.clock.skewMs);
  }

  /** Seconds since the copy was the newest there is; null: there is no copy. */
  age() {
    return this.freshAt === null ? null : Math.max(0, Math.round((this.clock.now() - this.freshAt) / 1000));
  }
}

/** What happened, in a scan or an undo of its own: the first nonce was answered before the phone decided alone. */
const correctionOf = (scan, body) => {
  if (scan.let_in) return { kind: "scan", nonce: crypto.randomUUID(), held: false, body: { ...body, nonce: crypto.randomUUID() } };
  const undo = { nonce: scan.nonce, reason: "Not let in: the answer came too late", undone_at: body.scanned_at, skew_ms: body.skew_ms };
  return { kind: "undo", nonce: crypto.randomUUID(), held: false, body: undo };
};

const battery = async () => {
  const found = await navigator.getBattery?.().catch(() => null);
  return found ? Math.round(found.level * 100) : null;
};

/** The set-up as pages use it: keys as bytes, lists by id. */
export const readSetUp = (setup) => ({
  ...setup,
  publicKeys: Object.fromEntries(Object.entries(setup.keys).map(([id, key]) => [id, bytesFromBase64(key)])),
  listOf: (gate) => setup.lists.find((list) => list.id === gate.list),
});

export const keepSetUp = (store, setup) => store.keepFact("setup", setup);
