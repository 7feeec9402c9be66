import { Arrivals } from './arrivals.js';
import { Composer } from './composer.js';
import { connect } from './connection.js';
import { ConnectionPanel } from './connection_panel.js';
import { Door } from './door.js';
import { byId, toast } from './dom.js';
import { showPersonHead, showRoomHead } from './head.js';
import { identity } from './identity.js';
import { MessageList } from './message_list.js';
import { showSide, useDrawer } from './side.js';
import { explain, t } from './texts.js';
import { personKey, roomKey, Threads } from './threads.js';
import { TypingNotice } from './typing.js';
import { Uploader } from './uploader.js';

/** @typedef {import('../../lib/events').Welcome} Welcome */
/** @typedef {import('../../lib/events').Presence} Presence */
/** @typedef {import('../../lib/events').Message} Message */
/** @typedef {import('../../lib/events').SharedFile} SharedFile */
/** @typedef {import('../../lib/events').Announcement} Announcement */
/** @typedef {import('../../lib/events').Whisper} Whisper */

/** The page: takes what the server says to where it is shown, and what people do to the server. */
export class Chat {
  /** @type {ReturnType<typeof connect>} */
  #connection;
  #threads = new Threads();
  /** @type {Presence} */
  #presence = { people: [], rooms: [], asOf: 0 };
  #arrivals = new Arrivals();
  #nick = '';
  #room = '';
  #current = '';
  #panel = new ConnectionPanel();
  #door = new Door(nick => this.#enter(nick));
  #drawer = useDrawer();
  #typing = new TypingNotice();
  #list = new MessageList(entry => this.#sendAgain(entry));
  #composer = new Composer(text => this.#send(text), on => this.#tellTyping(on));
  #uploader = new Uploader((file, signal) => this.#sendFile(file, signal));

  start() {
    byId('room-form').addEventListener('submit', event => {
      event.preventDefault();
      const field = byId('room-name');
      this.#toRoom(field.value);
      field.value = '';
    });
    byId('leave').addEventListener('click', () => this.#leave());
    document.addEventListener('visibilitychange', () => this.#read());

    if (identity.nick) this.#enter(identity.nick);
    else this.#door.open();
  }

  #enter(nick) {
    identity.nick = nick;
    this.#connection = connect({
      watch: socket => this.#panel.watch(socket),
      state: state => this.#showState(state),
      refused: message => {
        this.#uploader.cancel();
        this.#connection.close();
        this.#door.open(message);
      },
      events: {
        welcome: welcome => this.#onWelcome(welcome),
        presence: presence => this.#onPresence(presence),
        message: message => this.#onMessage(message),
        file: file => this.#onFile(file),
        whisper: (whisper, received) => this.#onWhisper(whisper, received),
        typing: (who, on) => this.#typing.set(who, on),
        announcement: announcement => this.#onAnnouncement(announcement),
        exception: error => toast(explain(error)),
      },
    });
  }

  #leave() {
    this.#uploader.cancel();
    this.#connection.close();
    identity.forget();
    this.#threads = new Threads();
    this.#current = '';
    this.#door.open();
  }

  #showState(state) {
    this.#panel.state = state;
    this.#composer.online = this.#uploader.online = state === 'online';
    if (state === 'connecting') this.#door.waitFor(t('The server cannot be reached just now. Still trying…'));
    if (state === 'online') return;
    this.#typing.clear();
    this.#arrivals.reset();
  }

  // What the server says

  /** @param {Welcome} welcome - what we come back to, or find */
  #onWelcome({ nick, room, messages, worker }) {
    this.#panel.worker = worker;
    const isBack = this.#current !== '';
    this.#nick = identity.nick = nick;
    this.#door.close();
    this.#inRoom(room, messages);
    // Who was in a private conversation stays in it when the connection is back.
    if (!isBack) this.#open(roomKey(room));
  }

  /** @param {Presence} presence - who is where now */
  #onPresence(presence) {
    if (presence.asOf < this.#presence.asOf) return;
    this.#presence = presence;
    const others = presence.people.filter(person => person.room === this.#room && person.nick !== this.#nick);
    const { came, gone } = this.#arrivals.compare(others.map(person => person.nick));
    for (const nick of came) this.#notice(t('{nick} came in', { nick }));
    for (const nick of gone) {
      this.#typing.set(nick, false);
      this.#notice(t('{nick} left', { nick }));
    }
    this.#showHead();
    this.#showSide();
  }

  /** @param {Message} message - said in a room */
  #onMessage(message) {
    this.#typing.set(message.nick, false);
    this.#put(roomKey(message.room), this.#toEntry(message));
  }

  /** @param {SharedFile} file - sent to a room */
  #onFile({ content, name, ...file }) {
    this.#put(roomKey(file.room), this.#toEntry({ ...file, text: name, file: new Blob([ /** @type {BlobPart} */ (content) ]) }));
  }

  /**
   * @param {Whisper} whisper - said to us alone
   * @param {() => void} received - confirms it
   */
  #onWhisper({ from, ...whisper }, received) {
    this.#thread(from);
    this.#put(personKey(from), { kind: 'message', ...whisper, nick: from });
    received();
  }

  /**
   * Goes where people look, and stays in the room.
   *
   * @param {Announcement} announcement - said to everybody
   */
  #onAnnouncement(announcement) {
    for (const key of new Set([ this.#current, roomKey(this.#room) ])) this.#put(key, { kind: 'announcement', ...announcement });
  }

  // What people do

  async #toRoom(name) {
    this.#drawer.close();
    try {
      const { room, messages } = name === this.#room ? { room: name, messages: [] } : await this.#connection.join(name);
      this.#inRoom(room, messages);
      this.#open(roomKey(room));
    } catch (error) {
      toast(error.message);
    }
  }

  #toPerson(nick) {
    this.#drawer.close();
    this.#thread(nick);
    this.#open(personKey(nick));
  }

  async #send(text, key = this.#current) {
    const partner = this.#threads.get(key).nick;
    const entry = { kind: 'message', nick: this.#nick, text, at: Date.now(), mine: true, status: 'sending' };
    this.#put(key, entry);
    try {
      const { id, at } = await (partner ? this.#connection.whisper(partner, text) : this.#connection.say(text));
      Object.assign(entry, { id, at, status: partner ? 'delivered' : 'sent' });
    } catch (error) {
      Object.assign(entry, { status: 'failed', error: error.message, isFinal: error.isFinal });
    }
    if (key === this.#current) this.#list.update(entry, this.#before(entry));
  }

  #sendAgain(entry) {
    this.#threads.remove(this.#current, entry);
    this.#open(this.#current);
    this.#send(entry.text);
  }

  async* #sendFile(file, signal) {
    const key = roomKey(this.#room);
    yield* this.#connection.upload(file, signal);
    this.#put(key, this.#toEntry({ nick: this.#nick, text: file.name, file, at: Date.now() }));
  }

  #tellTyping(on) {
    if (this.#current === roomKey(this.#room)) this.#connection?.typing(on);
  }

  // What is shown

  #inRoom(room, messages) {
    if (room !== this.#room) {
      this.#arrivals.reset();
      this.#typing.clear();
    }
    this.#room = identity.room = room;
    for (const message of messages) this.#put(roomKey(room), this.#toEntry(message), { isOld: true });
  }

  /** Adds an entry to a thread; shows it, or counts it as unread. */
  #put(key, entry, { isOld = false } = {}) {
    if (!this.#threads.add(key, entry)) return;
    if (key === this.#current) this.#list.append(entry, this.#before(entry));
    if (entry.kind === 'notice' || entry.mine || isOld) return;
    if (key !== this.#current || document.hidden) this.#threads.get(key).unread += 1;
    this.#showSide();
  }

  #notice(text) {
    this.#put(roomKey(this.#room), { kind: 'notice', text, at: Date.now() });
  }

  #toEntry(message) {
    return { kind: 'message', ...message, mine: message.nick === this.#nick };
  }

  #before(entry) {
    const { entries } = this.#threads.get(this.#current);
    return entries[entries.indexOf(entry) - 1];
  }

  /** The thread of a private conversation. */
  #thread(nick) {
    return Object.assign(this.#threads.get(personKey(nick)), { nick });
  }

  #open(key) {
    this.#current = key;
    const { entries, nick } = this.#threads.get(key);
    this.#list.show(entries, nick ? t('Only you and {nick} will see what is said here.', { nick }) : t('Nothing was said here yet. Say hello!'));
    this.#composer.address(nick ? t('Message {nick} privately', { nick }) : t('Message {room}', { room: key }));
    byId('typing').hidden = this.#uploader.hidden = Boolean(nick);
    byId('main').classList.toggle('private', Boolean(nick));
    this.#showHead();
    this.#read();
    this.#composer.focus();
  }

  #read() {
    if (!document.hidden && this.#current) this.#threads.get(this.#current).unread = 0;
    this.#showSide();
  }

  #showHead() {
    const { nick } = this.#threads.get(this.#current);
    if (nick) showPersonHead(nick, this.#presence.people);
    else showRoomHead(this.#room, this.#presence.people);
  }

  #showSide() {
    if (!this.#nick) return;
    const { unread } = this.#threads;
    document.title = unread > 0 ? `(${unread}) ${t('Egg chat')}` : t('Egg chat');
    byId('menu-dot').hidden = unread === 0;
    showSide({
      presence: this.#presence, threads: this.#threads, current: this.#current, nick: this.#nick, room: this.#room,
      toRoom: room => this.#toRoom(room), toPerson: nick => this.#toPerson(nick),
    });
  }
}
