import { avatar, byId, el, sizeOf, timeOf } from './dom.js';
import { t } from './texts.js';
import { LIMIT } from './threads.js';

/** Milliseconds within which messages of one person stand under one name. */
const GROUP = 5 * 60 * 1000;
/** Pixels from the end within which a reader counts as reading along. */
const NEAR = 80;

const STATUS = { sending: t('Sending…'), delivered: t('Delivered') };

function isSameGroup(entry, previous) {
  return previous?.kind === 'message' && previous.nick === entry.nick && entry.at - previous.at < GROUP;
}

function status(entry, retry) {
  const line = el('p', { class: 'status' });
  if (entry.status === 'failed') {
    line.append(entry.error);
    if (entry.isFinal) return line;
    const button = el('button', { type: 'button', class: 'link' }, t('Try again'));
    button.addEventListener('click', () => retry(entry));
    line.append(' ', button);
  } else {
    line.append(STATUS[entry.status] ?? '');
  }
  return line;
}

/** Gives a file to the browser, which saves it and never opens it. */
function save({ text, file }) {
  const url = URL.createObjectURL(file);
  el('a', { href: url, download: text }).click();
  // A browser may read it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function fileButton(entry) {
  const button = el('button', { type: 'button', class: 'link', title: t('Save this file') }, entry.text);
  button.addEventListener('click', () => save(entry));
  return el('span', {}, '📎 ', button, ` ${sizeOf(entry.file.size)}`);
}

function message(entry, previous, retry) {
  const follows = isSameGroup(entry, previous);
  const classes = [ 'message', entry.mine && 'mine', follows && 'follows' ].filter(Boolean).join(' ');
  return el('li', { class: classes, 'data-status': entry.status ?? '' },
    avatar(entry.nick),
    el('div', { class: 'message-body' },
      el('p', { class: follows ? 'hidden' : 'meta' }, el('b', {}, entry.mine ? t('You') : entry.nick), ' ', timeOf(entry.at)),
      el('p', { class: 'bubble' }, entry.file ? fileButton(entry) : entry.text),
      status(entry, retry)));
}

const BUILDERS = {
  message,
  notice: entry => el('li', { class: 'notice' }, entry.text),
  announcement: entry => el('li', { class: 'announcement' },
    el('p', { class: 'meta' }, el('b', {}, t('Announcement')), ' ', timeOf(entry.at)),
    el('p', {}, entry.text)),
};

/** The messages of the thread that is looked at. */
export class MessageList {
  #list = byId('messages');
  #scroll = byId('scroll');
  #latest = byId('latest');
  #empty = byId('empty');
  #elements = new WeakMap();
  #retry;

  /** @param {(entry: object) => void} retry - called to send a message again */
  constructor(retry) {
    this.#retry = retry;
    this.#latest.addEventListener('click', () => this.toEnd());
    this.#scroll.addEventListener('scroll', () => {
      if (this.#isNearEnd()) this.#latest.hidden = true;
    });
  }

  /** Shows a whole thread in place of another. */
  show(entries, emptyText) {
    this.#list.replaceChildren();
    this.#empty.textContent = emptyText;
    this.#empty.hidden = entries.length > 0;
    entries.forEach((entry, index) => this.#put(entry, entries[index - 1]));
    this.toEnd();
  }

  /** Shows one more entry. The reader is taken along, but not out of what stands further up. */
  append(entry, previous) {
    const follow = entry.mine || this.#isNearEnd();
    this.#empty.hidden = true;
    this.#put(entry, previous);
    if (this.#list.childElementCount > LIMIT) this.#list.firstElementChild.remove();
    if (follow) this.toEnd();
    else if (entry.kind !== 'notice') this.#latest.hidden = false;
  }

  /** Shows an entry whose status has changed. */
  update(entry, previous) {
    const element = this.#elements.get(entry);
    if (!element) return;
    const follow = this.#isNearEnd();
    const renewed = this.#build(entry, previous);
    element.replaceWith(renewed);
    if (follow) this.toEnd();
  }

  toEnd() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#latest.hidden = true;
  }

  #build(entry, previous) {
    const element = BUILDERS[entry.kind](entry, previous, this.#retry);
    this.#elements.set(entry, element);
    return element;
  }

  #put(entry, previous) {
    this.#list.append(this.#build(entry, previous));
  }

  #isNearEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }
}
