import { byId } from './dom.js';
import { t } from './texts.js';

/** Milliseconds after which a notice counts no more, and half of which after it is renewed. */
const LIFE = 5000;

/** Tells the others that one is typing: not at each key, and not for longer than it is true. */
export class TypingSender {
  #tell;
  #told = 0;

  /** @param {(on: boolean) => void} tell - called when it begins and ends */
  constructor(tell) {
    this.#tell = tell;
  }

  /** To be called with what stands in the field, whenever it changes. */
  input(text) {
    if (text.trim() === '') {
      this.stop();
    } else if (Date.now() - this.#told > LIFE / 2) {
      this.#told = Date.now();
      this.#tell(true);
    }
  }

  stop() {
    if (this.#told > 0) this.#tell(false);
    this.#told = 0;
  }
}

function sentence(nicks) {
  const nick = nicks.at(-1);
  if (nick === undefined) return '';
  if (nicks.length === 1) return t('{nick} is typing…', { nick });
  if (nicks.length > 3) return t('Several people are typing…');
  return t('{nicks} and {nick} are typing…', { nicks: nicks.slice(0, -1).join(', '), nick });
}

/** Shows who is typing. */
export class TypingNotice {
  #timers = new Map();
  #output = byId('typing');

  set(nick, on) {
    clearTimeout(this.#timers.get(nick));
    this.#timers.delete(nick);
    if (on) this.#timers.set(nick, setTimeout(() => this.set(nick, false), LIFE));
    this.#show();
  }

  clear() {
    for (const nick of [ ...this.#timers.keys() ]) this.set(nick, false);
  }

  #show() {
    this.#output.textContent = sentence([ ...this.#timers.keys() ]);
  }
}
