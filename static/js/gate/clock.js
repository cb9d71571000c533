// How far this phone's clock is from the server's, from the server's own words about the time.
// The answer with the shortest round trip among the last few says it best.
const KEPT = 8;

export class ServerClock {
  #measured = [];

  constructor(skewMs = 0) {
    this.skewMs = skewMs; // to be added to this phone's clock
  }

  /** serverTime: ISO text of an answer; asked and answered: this phone's clock, in ms. */
  heard(serverTime, asked, answered) {
    const there = Date.parse(serverTime);
    if (Number.isNaN(there)) return;
    this.#measured = [...this.#measured, { skew: there - (asked + answered) / 2, trip: answered - asked }].slice(-KEPT);
    const best = this.#measured.reduce((one, other) => (other.trip < one.trip ? other : one));
    this.skewMs = Math.round(best.skew);
  }

  /** The server's time now, in ms. */
  now() {
    return Date.now() + this.skewMs;
  }
}
