/** @typedef {import('./connection.js').ChatSocket} ChatSocket */

/** Milliseconds from one answer to the next question, and those to wait for an answer. */
const INTERVAL = 2000;
const ANSWER_LIMIT = 5000;
/** Of so many is the median, and so many are drawn. */
const RECENT = 5;
const DRAWN = 30;

/**
 * The middle one of some numbers.
 *
 * @param {number[]} values - at least one
 */
function median(values) {
  const sorted = [ ...values ].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Measures how long an event and its ack take, again and again as long as somebody can see it. */
export class RoundTrips {
  #show;
  /** @type {number[]} */
  #taken = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {(middle: number | undefined, taken: number[]) => void} show - told the median of the last few, and more of them, in ms */
  constructor(show) {
    this.#show = show;
  }

  /**
   * Begins anew: what was measured on another way is no measure for this one.
   *
   * @param {ChatSocket} socket - that is connected
   */
  start(socket) {
    this.stop();
    this.#timer = setTimeout(() => this.#measure(socket));
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#taken = [];
    this.#show(undefined, []);
  }

  /** @param {ChatSocket} socket - to ask on */
  async #measure(socket) {
    const mine = this.#timer;
    if (!document.hidden) {
      const asked = performance.now();
      // No answer is no measurement; a connection that is gone says so itself.
      const answered = await socket.timeout(ANSWER_LIMIT).emitWithAck('echo').then(() => true, () => false);
      if (this.#timer !== mine) return;
      if (answered) this.#add(performance.now() - asked);
    }
    this.#timer = setTimeout(() => this.#measure(socket), INTERVAL);
  }

  /** @param {number} duration - in ms */
  #add(duration) {
    this.#taken = [ ...this.#taken, duration ].slice(-DRAWN);
    this.#show(median(this.#taken.slice(-RECENT)), this.#taken);
  }
}
