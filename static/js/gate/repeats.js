// The camera sees the same ticket many times a second and a hand scanner reads it twice: that is no alarm.
import { split } from "./rotating.js";

const SAME_FOR_MS = 5000;

const ticketOf = (text) => split(text).code;

export class Repeats {
  #last = "";
  #at = -Infinity;
  #letIn = ""; // the ticket of the last text, if it was let in: its code may change while it is held there

  /** True for the text seen within the last five seconds; as long as it is held there, they begin anew. */
  has(text, now = performance.now()) {
    const same = this.#same(text) && now - this.#at < SAME_FOR_MS;
    if (ticketOf(text) !== ticketOf(this.#last)) this.#letIn = "";
    this.#last = text;
    this.#at = now;
    return same;
  }

  #same(text) {
    return text === this.#last || (this.#letIn !== "" && ticketOf(text) === this.#letIn);
  }

  /** This text's ticket came in: whatever end its code has next, it is the same reading. */
  letIn(text) {
    this.#letIn = ticketOf(text);
  }

  /** Still held there, while nothing is taken: the five seconds begin anew. */
  hold(text, now = performance.now()) {
    if (this.#same(text)) this.#at = now;
  }

  forget() {
    this.#last = this.#letIn = "";
  }
}
