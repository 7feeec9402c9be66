import { byId } from './dom.js';
import { identity } from './identity.js';
import { t } from './texts.js';

/** The page in front of the chat, where one says who one is. */
export class Door {
  #button = byId('door-button');
  #error = byId('door-error');
  #nick = byId('nick');

  /** @param {(nick: string) => void} enter - called with the nickname */
  constructor(enter) {
    byId('door-form').addEventListener('submit', event => {
      event.preventDefault();
      this.#blame('');
      this.wait(true);
      enter(this.#nick.value);
    });
  }

  open(error = '') {
    byId('chat').hidden = true;
    byId('door').hidden = false;
    this.wait(false);
    this.#nick.value = identity.nick ?? this.#nick.value;
    this.#blame(error);
    this.#nick.focus();
    this.#nick.select();
  }

  /** Says what we are waiting for. */
  waitFor(reason) {
    this.open();
    this.#error.textContent = reason;
    this.wait(true);
  }

  close() {
    byId('door').hidden = true;
    byId('chat').hidden = false;
  }

  /** Shows what is wrong with the nickname; nothing if it is empty. */
  #blame(error) {
    this.#error.textContent = error;
    this.#nick.setAttribute('aria-invalid', String(error !== ''));
  }

  /** Whether the server is being asked. */
  wait(waiting) {
    this.#button.disabled = waiting;
    this.#button.textContent = waiting ? t('One moment…') : t('Enter the chat');
  }
}
