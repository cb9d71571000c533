// The camera sees the same ticket many times a second and a hand scanner reads it twice: that is no alarm.
const SAME_FOR_MS = 5000;

export class Repeats {
  #last = "";
  #at = -Infinity;

  /** True for the text seen within the last five seconds; as long as it is held there, they begin anew. */
  has(text, now = performance.now()) {
    const same = text === this.#last && now - this.#at < SAME_FOR_MS;
    this.#last = text;
    this.#at = now;
    return same;
  }

  /** Still held there, while nothing is taken: the five seconds begin anew. */
  hold(text, now = performance.now()) {
    if (text === this.#last) this.#at = now;
  }

  forget() {
    this.#last = "";
  }
}
