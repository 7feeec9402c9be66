/** Finds out who has come into a room and who has left it, from one list of people to the next. */
export class Arrivals {
  #before;

  /** To be called on entering a room, or coming back to it: whoever is there by then has not just come. */
  reset() {
    this.#before = undefined;
  }

  /**
   * @param {string[]} nicks - who is in the room now
   * @return {{ came: string[], gone: string[] }} who has come and gone since the last call
   */
  compare(nicks) {
    const before = this.#before ?? nicks;
    this.#before = nicks;
    return {
      came: nicks.filter(nick => !before.includes(nick)),
      gone: before.filter(nick => !nicks.includes(nick)),
    };
  }
}
