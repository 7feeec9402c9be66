import { byId } from './dom.js';

const STATES = { connecting: 'Connecting…', online: 'Connected', reconnecting: 'Reconnecting…' };

/** @param {keyof typeof STATES} state - of the connection */
export function showState(state) {
  byId('state').dataset.state = state;
  byId('state-text').textContent = STATES[state];
}

/**
 * Says which of the server's workers is at the other end of the connection.
 *
 * @param {number} [pid] - its process id; nothing while there is no connection
 */
export function showWorker(pid) {
  byId('worker').textContent = pid ? `worker ${pid}` : '';
}

/** Heads a room. */
export function showRoomHead(room, people) {
  const here = people.filter(person => person.room === room).length;
  byId('title').textContent = `# ${room}`;
  byId('subtitle').textContent = here < 2 ? 'Only you are here' : `${here} people here`;
}

/** Heads a private conversation. */
export function showPersonHead(nick, people) {
  const isOnline = people.some(person => person.nick === nick);
  byId('title').textContent = nick;
  byId('subtitle').textContent = `Private · ${isOnline ? 'online' : 'offline'}`;
}
