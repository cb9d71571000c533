// The verdict fills the screen: word, glyph, colour, who and why; heard and felt as well.
import { timeText } from "./moments.js";
import { announce } from "./screens.js";
import { sayWithoutWords } from "./sound.js";

const SHOWN_AT_LEAST_MS = 700; // a verdict must be seen before the next code replaces it
const ADMIT_STAYS_MS = 2500; // then the camera's picture is back; all else waits for a touch or the next code
const KIOSK_STAYS_MS = 6000; // nobody is there to touch it

/** What a kiosk says to the visitor: why somebody is refused is told by a steward, not by a machine before a queue. */
const forVisitor = ([word, glyph, colour], verdict) => {
  if (verdict === "exited") return ["Goodbye", glyph, colour, "See you soon."];
  return colour === "admit" ? ["Welcome", glyph, colour, "Come in."] : ["Please see a steward", glyph, colour, `${word}.`];
};

export class VerdictScreen {
  #element = document.getElementById("verdict");
  #words;
  #zone = "UTC";
  #kiosk = false;
  #badges = false;
  #shownAt = -Infinity;
  #timer = 0;
  scan = null; // what is shown

  constructor(words) {
    this.#words = words;
  }

  /** The venue's clock, whether people scan themselves, and whether badges are printed here. */
  at(zone, kiosk, badges = false) {
    this.#zone = zone;
    this.#kiosk = kiosk;
    this.#badges = badges;
  }

  /** Whether the next code must wait: what is shown was not yet seen, or the steward has to decide. */
  get holds() {
    return this.scan !== null && (this.scan.undecided || performance.now() - this.#shownAt < SHOWN_AT_LEAST_MS);
  }

  wordsOf(scan) {
    return scan.words ?? this.#words[scan.verdict] ?? [scan.verdict, "?", "unsure", ""];
  }

  show(scan) {
    const words = this.wordsOf(scan);
    const [word, glyph, colour, sentence] = this.#kiosk ? forVisitor(words, scan.verdict) : words;
    clearTimeout(this.#timer);
    this.scan = scan;
    this.#shownAt = performance.now();
    this.#element.className = `verdict ${colour}`;
    this.#element.dataset.verdict = scan.verdict;
    this.#element.dataset.by = scan.by;
    this.#element.dataset.shown = scan.nonce;
    this.#write(word, glyph, this.#why(scan, sentence), scan);
    this.#element.hidden = false;
    sayWithoutWords(colour);
    announce([word, scan.ticket?.attendee, scan.ticket?.type, this.#why(scan, sentence)].filter(Boolean).join(". "));
    const stays = colour === "admit" ? ADMIT_STAYS_MS : this.#kiosk ? KIOSK_STAYS_MS : null;
    if (stays !== null) this.#timer = setTimeout(() => this.hide(), stays);
  }

  #write(word, glyph, why, { ticket, by, let_in, undecided }) {
    const texts = {
      glyph, word, why,
      who: ticket?.attendee ?? "",
      what: [ticket?.type, ticket?.order].filter(Boolean).join(" · "),
      basis: by === "phone" ? "Checked on this phone" : "",
    };
    for (const [name, text] of Object.entries(texts)) this.#element.querySelector(`.${name}`).textContent = text;
    for (const [name, shown] of Object.entries({ next: !undecided, undo: let_in && !this.#kiosk, badge: let_in && this.#badges && !this.#kiosk && Boolean(ticket?.serial), "let-in": undecided, "turn-away": undecided })) {
      this.#element.querySelector(`[data-does="${name}"]`).hidden = !shown;
    }
  }

  #why({ earlier, verdict, undecided }, sentence) {
    if (undecided) return "Signed by us, but not in this phone's copy. You decide.";
    if (!earlier || verdict !== "already_admitted") return sentence;
    return `Since ${timeText(earlier.at, this.#zone)}${earlier.gate ? ` at ${earlier.gate}` : ""}`;
  }

  hide() {
    clearTimeout(this.#timer);
    this.scan = null;
    this.#element.hidden = true;
  }
}
