import { byId } from './dom.js';
import { t } from './texts.js';

/** Heads a room. */
export function showRoomHead(room, people) {
  const here = people.filter(person => person.room === room).length;
  byId('title').textContent = `# ${room}`;
  byId('subtitle').textContent = here < 2 ? t('Only you are here') : t('{count} people here', { count: here });
}

/** Heads a private conversation. */
export function showPersonHead(nick, people) {
  const isOnline = people.some(person => person.nick === nick);
  byId('title').textContent = nick;
  byId('subtitle').textContent = isOnline ? t('Private · online') : t('Private · offline');
}
