import { SocketIOError } from 'egg-socketio';

// Marks belong to letters of many scripts, modifiers and joiners to emoji.
const FIRST = '\\p{L}\\p{N}\\p{Extended_Pictographic}\\p{RI}';
const LATER = `${FIRST}\\p{M}\\p{Emoji_Modifier}\\u200D._-`;
const NICK = new RegExp(`^[${FIRST}](?:[ ${LATER}]{0,18}[${LATER}])?$`, 'u');
const ROOM = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,23}$/u;
const TEXT_LIMIT = 1000;

function toText(value: unknown): string {
  return typeof value === 'string' ? value.normalize('NFKC').trim() : '';
}

/**
 * @param value - what a page gave as its nickname
 * @throws {SocketIOError} `BAD_NICK`
 */
export function checkNick(value: unknown): string {
  const nick = toText(value);
  if (NICK.test(nick)) return nick;
  throw new SocketIOError('BAD_NICK', 'A nickname is 1 to 20 letters, digits, emoji, spaces, dots or dashes, and begins with a letter, digit or emoji.');
}

/**
 * @param value - what a page gave as a room's name
 * @throws {SocketIOError} `BAD_ROOM`
 */
export function checkRoom(value: unknown): string {
  const room = toText(value).toLowerCase();
  if (ROOM.test(room)) return room;
  throw new SocketIOError('BAD_ROOM', 'A room’s name is 1 to 24 letters, digits or dashes, and begins with a letter or digit.');
}

/**
 * @param value - what a page wants to say
 * @throws {SocketIOError} `NO_TEXT` or `TEXT_TOO_LONG`
 */
export function checkText(value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '') throw new SocketIOError('NO_TEXT', 'There is nothing to say in this message.');
  if (text.length > TEXT_LIMIT) {
    throw new SocketIOError('TEXT_TOO_LONG', `A message has at most ${TEXT_LIMIT} characters.`, { details: { limit: TEXT_LIMIT, length: text.length } });
  }
  return text;
}

/** Whether two nicknames would be taken for one. */
export function isSameNick(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
