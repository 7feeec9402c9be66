import { stream } from '/egg-socketio/client.js';
import { identity } from './identity.js';
import { explain, t } from './texts.js';

/** @typedef {import('../../lib/events').ServerEvents} ServerEvents */
/** @typedef {import('../../lib/events').PageEvents} PageEvents */
/** @typedef {import('socket.io-client').Socket<ServerEvents, PageEvents>} ChatSocket */

/**
 * @template T
 * @typedef {import('egg-socketio/client').Answer<T>} Answer
 */

/** @typedef {'connecting' | 'online' | 'reconnecting'} State */

/** From /socket.io/socket.io.js. */
const { io } = /** @type {typeof import('socket.io-client')} */ (/** @type {unknown} */ (globalThis));

/** Errors that come again, however often the same is sent. */
const FINAL = new Set([ 'BAD_NICK', 'BAD_ROOM', 'NO_TEXT', 'TEXT_TOO_LONG' ]);

/** Milliseconds to wait for an answer; a private message waits for the other page as well. */
const ANSWER_LIMIT = 8000;

/**
 * Whether the server has answered with an error.
 *
 * @param {unknown} answer - the ack's argument
 * @return {answer is import('egg-socketio/client').ErrorAnswer} whether it has
 */
function isError(answer) {
  return typeof answer === 'object' && answer !== null && 'error' in answer;
}

/**
 * Connects to the chat, and again whenever the connection is lost.
 *
 * @param {object} handlers - what to do with what comes
 * @param {(socket: ChatSocket) => void} handlers.watch - is given the socket before it connects
 * @param {(state: State) => void} handlers.state - how the connection is
 * @param {(message: string) => void} handlers.refused - the server does not let us in, or has put us out
 * @param {ServerEvents} handlers.events - by the name of the server's event
 */
export function connect({ watch, state, refused, events }) {
  /** @type {ChatSocket} */
  const socket = io('/chat', {
    // A function, asked at each connection: after a restart of the server we come back as who and where we are now.
    auth: give => give({ nick: identity.nick, room: identity.room, tab: identity.tab }),
    reconnectionDelayMax: 3000,
  });
  let wasOnline = false;

  socket.on('connect', () => {
    wasOnline = true;
    state('online');
  });
  socket.on('disconnect', reason => {
    if (reason === 'io server disconnect') refused(t('You came in from another window, so this one was closed.'));
    else if (reason !== 'io client disconnect') state('reconnecting');
  });
  socket.on('connect_error', error => {
    // Active: the server could not be reached, and Socket.IO goes on trying. Else it has said no.
    if (socket.active) state(wasOnline ? 'reconnecting' : 'connecting');
    else refused(explain({ message: error.message, ...error.data }));
  });
  for (const [ event, listener ] of Object.entries(events)) socket.on(/** @type {keyof ServerEvents} */ (event), listener);
  watch(socket);

  /**
   * Asks the server, within a limit of time.
   *
   * @template T
   * @param {(socket: ReturnType<ChatSocket['timeout']>) => Promise<Answer<T>>} question - to be put to it
   * @throws {Error} what it answers as an error
   */
  async function ask(question) {
    if (!socket.connected) throw new Error(t('There is no connection just now.'));
    const answer = await question(socket.timeout(ANSWER_LIMIT));
    if (isError(answer)) throw Object.assign(new Error(explain(answer.error)), { isFinal: FINAL.has(answer.error.code) });
    return answer;
  }

  return {
    /** @param {string} room - to be in from now on */
    join: room => ask(within => within.emitWithAck('join', room)),

    /** @param {string} text - for everybody in the room */
    say: text => ask(within => within.emitWithAck('say', text)),

    /**
     * @param {string} to - a nickname
     * @param {string} text - for nobody else
     */
    whisper: (to, text) => ask(within => within.emitWithAck('whisper', to, text)),

    /**
     * Sends a file to everybody in the room.
     *
     * @param {File} file - read only as fast as the server takes it
     * @param {AbortSignal} signal - cancels it
     * @return {AsyncIterable<number>} the bytes that have arrived so far
     */
    upload: (file, signal) => stream(socket, 'upload', file.name, file.size, file.stream(), signal),

    /** @param {boolean} on - whether one is typing; that may as well get lost */
    typing: on => {
      if (socket.connected) socket.volatile.emit('typing', on);
    },

    close: () => {
      socket.disconnect();
    },
  };
}
