import { SocketIOError } from 'egg-socketio';

// Marks belong to letters of many scripts, modifiers and joiners to emoji.
const FIRST = '\\p{L}\\p{N}\\p{Extended_Pictographic}\\p{RI}';
const LATER = `${FIRST}\\p{M}\\p{Emoji_Modifier}\\u200D._-`;
const NICK = new RegExp(`^[${FIRST}](?:[ ${LATER}]{0,18}[${LATER}])?$`, 'u');
const ROOM = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,23}$/u;
const TEXT_LIMIT = 1000;
const FILE_NAME_LIMIT = 120;

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

/**
 * @param value - what a page gave as the name of a file
 * @throws {SocketIOError} `BAD_FILE`
 */
export function checkFileName(value: unknown): string {
  const name = toText(value);
  if (name === '') throw new SocketIOError('BAD_FILE', 'A file needs a name.');
  return name.slice(0, FILE_NAME_LIMIT);
}

/**
 * @param size - what a page gave as the size of a file, in bytes
 * @param limit - the largest size, in bytes
 * @throws {SocketIOError} `BAD_FILE` or `FILE_TOO_LARGE`
 */
export function checkFileSize(size: unknown, limit: number): number {
  if (typeof size !== 'number' || !(size >= 0)) throw new SocketIOError('BAD_FILE', 'A file needs a size.');
  if (size > limit) throw new SocketIOError('FILE_TOO_LARGE', `A file has at most ${limit / 2 ** 20} MiB.`, { details: { limit, size } });
  return size;
}

/**
 * The pieces of a file, as they arrive.
 *
 * @param content - what a page sends as the content of a file
 * @param size - its size, in bytes
 * @throws {SocketIOError} `BAD_FILE`, if it is anything else than so many bytes
 */
export async function* piecesOf(content: unknown, size: number): AsyncGenerator<Buffer> {
  const { [Symbol.asyncIterator]: iterate } = Object(content);
  let bytes = 0;
  for await (const piece of typeof iterate === 'function' ? content as AsyncIterable<unknown> : []) {
    bytes += Buffer.isBuffer(piece) ? piece.length : Infinity;
    if (bytes > size) break;
    yield piece as Buffer;
  }
  if (bytes !== size) throw new SocketIOError('BAD_FILE', `These are not the ${size} bytes of the file.`);
}

/** Whether two nicknames would be taken for one. */
export function isSameNick(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
