import { byId } from './dom.js';
import { explain, t } from './texts.js';

/** Sends a file that people choose, with a progress bar and a way to cancel it. */
export class Uploader {
  #button = byId('attach');
  #field = byId('file');
  #strip = byId('upload');
  #cancel = byId('upload-cancel');
  #progress = byId('upload-progress');
  #error = byId('upload-error');
  #send;
  /** @type {AbortController | undefined} */
  #current;
  #online = false;

  /**
   * @param {(file: File, signal: AbortSignal) => AsyncIterable<number>} send - sends it, and iterates over the bytes that have arrived
   */
  constructor(send) {
    this.#send = send;
    this.#button.addEventListener('click', () => this.#field.click());
    this.#field.addEventListener('change', () => {
      const [ file ] = this.#field.files;
      // So that the same file can be chosen again.
      if (file) this.#upload(file).finally(() => { this.#field.value = ''; });
    });
    this.#cancel.addEventListener('click', () => this.cancel());
    this.#show();
  }

  set online(online) {
    this.#online = online;
    this.#show();
  }

  /** Files go to rooms, not to one person. */
  set hidden(hidden) {
    this.#button.hidden = hidden;
  }

  cancel() {
    this.#current?.abort();
  }

  /** @param {File} file - that was chosen */
  async #upload(file) {
    const { signal } = this.#current = new AbortController();
    byId('upload-name').textContent = t('Sending {name}', { name: file.name });
    this.#progress.max = file.size || 1;
    this.#progress.value = 0;
    this.#error.textContent = '';
    this.#show();
    // The button that had the focus is disabled until the end.
    this.#cancel.focus();
    try {
      for await (const bytes of this.#send(file, signal)) this.#progress.value = bytes;
    } catch (error) {
      if (!signal.aborted) this.#error.textContent = `${file.name}: ${explain(error)}`;
    }
    const hadFocus = document.activeElement === this.#cancel;
    this.#current = undefined;
    this.#show();
    if (hadFocus) this.#button.focus();
  }

  #show() {
    this.#strip.hidden = !this.#current;
    this.#button.disabled = !this.#online || Boolean(this.#current);
  }
}
