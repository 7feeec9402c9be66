import { byId, toast } from './dom.js';
import { t } from './texts.js';
import { TypingSender } from './typing.js';

/** The field in which messages are written. Enter sends, Shift+Enter begins a new line. */
export class Composer {
  #text = byId('text');
  #send = byId('send');
  #typing;
  #online = false;
  #placeholder = '';

  /**
   * @param {(text: string) => void} send - takes what was written
   * @param {(on: boolean) => void} typing - told whether one is typing
   */
  constructor(send, typing) {
    this.#typing = new TypingSender(typing);
    const form = byId('composer');
    form.addEventListener('submit', event => {
      event.preventDefault();
      const text = this.#text.value.trim();
      if (text === '') return;
      if (!this.#online) {
        toast(t('There is no connection just now. Your text stays here until there is.'));
        return;
      }
      this.#typing.stop();
      this.#text.value = '';
      this.#changed();
      send(text);
      this.#text.focus();
    });
    this.#text.addEventListener('keydown', event => {
      // A key that ends the composition of a character (Chinese, Japanese, …) sends nothing.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    this.#text.addEventListener('input', () => {
      this.#changed();
      this.#typing.input(this.#text.value);
    });
    this.#changed();
  }

  set online(online) {
    this.#online = online;
    this.#show();
  }

  /** Names the addressee. */
  address(label) {
    this.#typing.stop();
    this.#placeholder = label;
    byId('text-label').textContent = label;
    this.#show();
  }

  focus() {
    // On a phone this would bring up the keyboard over what one wants to read first.
    if (matchMedia('(pointer: fine)').matches) this.#text.focus();
  }

  #changed() {
    this.#text.style.height = '';
    // Two pixels for the border.
    if (this.#text.value.includes('\n') || this.#text.scrollHeight > this.#text.clientHeight) {
      this.#text.style.height = `${this.#text.scrollHeight + 2}px`;
    }
    this.#show();
  }

  #show() {
    this.#text.placeholder = this.#online ? this.#placeholder : t('Waiting for the connection…');
    this.#send.disabled = !this.#online || this.#text.value.trim() === '';
  }
}
