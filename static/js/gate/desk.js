// The steward's screen while scanning: what is read goes through the turnstile, what comes out is shown.
import { badgesChosen, printBadge } from "./badge.js";
import { find } from "./find.js";
import { askWhy, drawPast, undo } from "./past.js";
import { Repeats } from "./repeats.js";
import { announce, form, onSubmit, part, say, show } from "./screens.js";
import { drawGate, drawSigns, drawTallies } from "./strip.js";
import { serialFromText } from "./ticket-code.js";
import { VerdictScreen } from "./verdict.js";
import { View } from "./view.js";
import { listenForWedge } from "./wedge.js";

const DRAW_EVERY_MS = 1000;
const SAID_FOR_MS = 1500;

export class Desk {
  #repeats = new Repeats();
  #line = Promise.resolve(); // hand scanners are heard while a verdict stands; their codes wait in line
  #busy = false;
  #undoing = null;
  #here = 0; // let in by this phone in this shift

  constructor(gate, shell) {
    this.gate = gate;
    this.verdict = new VerdictScreen(shell.words);
    this.view = new View(shell, (text) => this.#seen(text));
    onSubmit("type", ({ typed }, element) => this.#typed(typed, element));
    onSubmit("find", ({ text }) => find(text.trim(), gate.server, (ticket) => this.#picked(ticket)));
    onSubmit("undo", (fields) => this.#undo(fields));
    setInterval(() => this.draw(), DRAW_EVERY_MS);
  }

  /** The scanning screen, with the camera. */
  async open() {
    show("scanning");
    const { event, device } = this.gate.setup;
    this.verdict.at(event.time_zone, device.kiosk, Boolean(badgesChosen().size));
    document.body.classList.toggle("kiosk", device.kiosk);
    drawGate(this.gate.place);
    this.stopListening ??= listenForWedge((text) => this.#heard(text));
    await this.#count();
    await this.view.start();
  }

  async close() {
    this.verdict.hide();
    this.stopListening?.();
    this.stopListening = null;
    await this.view.stop();
  }

  async #count() {
    const mine = (scan) => scan.let_in && !scan.undone && scan.direction === "in" && scan.shift === this.gate.shift.nonce;
    this.#here = (await this.gate.scans()).filter(mine).length;
    await this.draw();
  }

  async draw() {
    const { gate } = this;
    if (document.getElementById("scanning").hidden) return;
    drawSigns({ online: gate.online, ageS: gate.sync.age(), depth: await gate.store.depth() });
    drawTallies({ here: this.#here, inside: gate.known.copy.admitted(gate.place.list.id), total: gate.known.copy.tickets });
  }

  /** A code in the camera's picture: taken unless it is the last one still, or the verdict before it stands yet. */
  #seen(text) {
    if (document.querySelector("dialog[open]") || this.#busy || this.verdict.holds) return this.#repeats.hold(text);
    if (this.#repeats.has(text)) return this.#justScanned();
    this.take(text, "code");
  }

  #heard(text) {
    if (this.#repeats.has(text)) return this.#justScanned();
    const via = serialFromText(text) === null ? "code" : "serial";
    document.querySelector("dialog[open]")?.close(); // it would lie over the verdict
    this.#line = this.#line.then(() => this.#afterVerdict()).then(() => this.take(text, via));
  }

  async #afterVerdict() {
    while (this.verdict.holds) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  #justScanned() {
    if (this.verdict.scan) return;
    part("hint").textContent = "Just scanned.";
    clearTimeout(this.said);
    this.said = setTimeout(() => (part("hint").textContent = "Next ticket."), SAID_FOR_MS);
  }

  async #typed(text, element) {
    if (!text.trim()) return;
    await this.take(text.trim(), serialFromText(text) === null ? "code" : "serial");
    element.reset();
  }

  async #picked(ticket) {
    document.getElementById("find").close();
    await this.take(ticket.serial, "hand");
  }

  /** One attempt, from its text to its verdict on the screen. */
  async take(text, via) {
    this.#busy = true;
    performance.mark("gate-read");
    try {
      const scan = await this.gate.turnstile.take(text, via);
      this.verdict.show(scan);
      performance.measure("gate-verdict", "gate-read");
      if (scan.let_in) this.#repeats.letIn(text);
      if (scan.verdict === "admitted" && badgesChosen().size && badgesChosen().atEntry) this.badge(scan, false);
      if (scan.let_in && scan.id && scan.direction === "in") this.gate.known.copy.countOne(scan.id, scan.list);
    } catch (error) {
      announce(`Not checked: ${error.message}. Scan it again.`);
      part("hint").textContent = "Not checked. Scan it again.";
      this.#repeats.forget();
      throw error;
    } finally {
      this.#busy = false;
      this.#count();
      this.gate.sync.nudge();
    }
  }

  next() {
    this.verdict.hide();
  }

  /** Prints the badge of what is shown, or of another scan. */
  async badge(scan = this.verdict.scan, bySteward = true) {
    const said = await printBadge(scan, this.gate.server, bySteward);
    part("hint").textContent = said;
    announce(said);
  }

  async decide(letIn) {
    const scan = await this.gate.turnstile.decide(this.verdict.scan, letIn);
    this.verdict.hide();
    announce(letIn ? "Let in." : "Turned away.");
    if (letIn) this.gate.known.copy.countOne(scan.id, scan.list);
    this.#count();
    this.gate.sync.nudge();
  }

  openFind() {
    document.getElementById("find").showModal();
  }

  async openPast() {
    const acts = { Undo: (scan) => this.askUndo(scan), ...(badgesChosen().size ? { Badge: (scan) => this.badge(scan) } : {}) };
    drawPast(await this.gate.scans(), (scan) => this.verdict.wordsOf(scan), this.gate.setup.event.time_zone, acts);
    const dialog = document.getElementById("past");
    if (!dialog.open) dialog.showModal();
  }

  askUndo(scan = this.verdict.scan) {
    this.#undoing = scan;
    askWhy(scan);
  }

  async #undo({ reason, words }) {
    const { store, clock, known } = this.gate;
    await undo({ scan: this.#undoing, reason: [reason, words.trim()].filter(Boolean).join(": "), store, clock, movements: known.movements });
    document.getElementById("undo").close();
    if (this.#undoing.id) known.copy.uncountOne(this.#undoing.id, this.#undoing.list);
    this.#repeats.forget(); // the same ticket may come again at once
    this.verdict.hide();
    announce("Undone.");
    if (document.getElementById("past").open) await this.openPast();
    await this.#count();
    this.gate.sync.nudge();
  }

  /** The server holds something else than what was done here: said until it is read. */
  contradicted(scan, result) {
    const why = result.conflict?.sentence || "Tell your supervisor.";
    this.verdict.show({ ...scan, verdict: result.verdict, words: [result.word, "!", result.colour, why], by: "server", let_in: false });
    say(part("hint"), "Let in without a network; the server says otherwise.");
  }

  toggleTyping() {
    const element = form("type");
    element.hidden = !element.hidden;
    if (!element.hidden) element.elements.typed.focus();
  }
}
