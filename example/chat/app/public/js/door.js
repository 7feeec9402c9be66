import { byId } from './dom.js';
import { identity } from './identity.js';

/** The page in front of the chat, where one says who one is. */
export class Door {
  #button = byId('door-button');
  #error = byId('door-error');
  #nick = byId('nick');

  /** @param {(nick: string) => void} enter - called with the nickname */
  constructor(enter) {
    byId('door-form').addEventListener('submit', event => {
      event.preventDefault();
      this.#error.textContent = '';
      this.wait(true);
      enter(this.#nick.value);
    });
  }

  open(error = '') {
    byId('chat').hidden = true;
    byId('door').hidden = false;
    this.wait(false);
    this.#nick.value = identity.nick ?? this.#nick.value;
    this.#error.textContent = error;
    this.#nick.focus();
    this.#nick.select();
  }

  /** Says what we are waiting for. */
  waitFor(reason) {
    this.open(reason);
    this.wait(true);
  }

  close() {
    byId('door').hidden = true;
    byId('chat').hidden = false;
  }

  /** Whether the server is being asked. */
  wait(waiting) {
    this.#button.disabled = waiting;
    this.#button.textContent = waiting ? 'One moment…' : 'Enter the chat';
  }
}
