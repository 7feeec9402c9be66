/** Entries that a thread keeps; older ones go. */
export const LIMIT = 300;

export const roomKey = room => `#${room}`;
export const personKey = nick => `@${nick.toLowerCase()}`;

/**
 * What was said, by thread: one for each room and one for each person with whom there is a private conversation.
 * An entry is `{ kind: 'message' | 'notice' | 'announcement', id?, text, at, … }`.
 */
export class Threads {
  #threads = new Map();

  /** The thread of a key, made at the first call. */
  get(key) {
    if (!this.#threads.has(key)) this.#threads.set(key, { key, entries: [], unread: 0 });
    return this.#threads.get(key);
  }

  /**
   * Adds an entry, unless it is there already: what a room tells on entering it may be known from before.
   *
   * @return {boolean} whether it was added
   */
  add(key, entry) {
    const { entries } = this.get(key);
    if (entry.id && entries.some(known => known.id === entry.id)) return false;
    entries.push(entry);
    if (entries.length > LIMIT) entries.shift();
    return true;
  }

  remove(key, entry) {
    const { entries } = this.get(key);
    entries.splice(entries.indexOf(entry), 1);
  }

  /** The people with whom there is a private conversation. */
  get partners() {
    return [ ...this.#threads.values() ].filter(thread => thread.nick);
  }

  get unread() {
    return [ ...this.#threads.values() ].reduce((sum, thread) => sum + thread.unread, 0);
  }
}
