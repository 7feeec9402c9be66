import { avatar, byId, el } from './dom.js';
import { t } from './texts.js';
import { personKey, roomKey } from './threads.js';

function badge(count) {
  return el('span', { class: 'badge' }, String(count), el('span', { class: 'hidden' }, ` ${t('unread')}`));
}

function label(...text) {
  return el('span', { class: 'entry-label' }, ...text);
}

function detail(text) {
  return el('span', { class: 'entry-detail' }, text);
}

function entry({ key, name, lead, more, unread, current, quiet = false, choose }) {
  const button = el('button', { type: 'button', class: quiet ? 'entry quiet' : 'entry', 'data-key': key }, lead, label(name));
  if (current === key) button.setAttribute('aria-current', 'true');
  if (unread) button.append(badge(unread));
  else if (more) button.append(detail(more));
  button.addEventListener('click', choose);
  return el('li', {}, button);
}

function showRooms({ presence, threads, current, toRoom }) {
  byId('rooms').replaceChildren(...presence.rooms.map(room => {
    const here = presence.people.filter(person => person.room === room).length;
    return entry({
      name: room,
      lead: el('span', { class: 'hash', 'aria-hidden': 'true' }, '#'),
      more: here > 0 ? String(here) : '',
      key: roomKey(room),
      unread: threads.get(roomKey(room)).unread,
      current,
      choose: () => toRoom(room),
    });
  }));
}

function showPeople({ presence, threads, current, nick, room, toPerson }) {
  const others = presence.people.filter(person => person.nick !== nick);
  // A conversation stays within reach when the other one has gone.
  const gone = threads.partners
    .filter(thread => !others.some(person => personKey(person.nick) === thread.key))
    .map(thread => ({ nick: thread.nick, gone: true }));
  byId('people-count').textContent = String(presence.people.length);
  const me = el('li', { class: 'entry' }, avatar(nick), label(nick, el('small', {}, ` ${t('you')}`)), detail(`#${room}`));
  byId('people').replaceChildren(me, ...[ ...others, ...gone ].map(person => entry({
    name: person.nick,
    lead: avatar(person.nick),
    more: person.gone ? t('offline') : `#${person.room}`,
    key: personKey(person.nick),
    unread: threads.get(personKey(person.nick)).unread,
    current,
    quiet: person.gone,
    choose: () => toPerson(person.nick),
  })));
  if (others.length + gone.length === 0) {
    byId('people').append(el('li', { class: 'nobody' }, t('Nobody else yet. Open this page in a second window.')));
  }
}

/** Shows rooms and people beside the messages. */
export function showSide(state) {
  const focused = document.activeElement?.getAttribute('data-key');
  showRooms(state);
  showPeople(state);
  // The entries are new ones; who moves through them by keyboard stays where they were.
  if (focused) /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${CSS.escape(focused)}"]`))?.focus();
  byId('me').replaceChildren(avatar(state.nick), label(state.nick));
}

/** The drawer that holds rooms and people where there is no place beside the messages. */
export function useDrawer() {
  const menu = byId('menu');
  const set = open => {
    byId('drawer').classList.toggle('open', open);
    byId('backdrop').hidden = !open;
    menu.setAttribute('aria-expanded', String(open));
  };
  menu.addEventListener('click', () => set(menu.getAttribute('aria-expanded') !== 'true'));
  byId('backdrop').addEventListener('click', () => set(false));
  document.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || menu.getAttribute('aria-expanded') !== 'true') return;
    set(false);
    menu.focus();
  });
  return { close: () => set(false) };
}
