import { startupError } from '../../base/errors';
import { checkEvent } from './checks';
import { LONGEST_TRIED, whyUnsafe } from './safe_regexp';
import type { EventPattern } from './types';

/** An asterisk, and the backslash that makes it an ordinary character. */
const ASTERISK = /\\?\*/g;

/**
 * Splits a pattern at its asterisks.
 *
 * @return the texts between them; one text for a name without any
 */
function textsOf(written: string): string[] {
  const texts = [ '' ];
  let end = 0;
  const add = (text: string) => { texts[texts.length - 1] += text; };
  for (const { 0: found, index } of written.matchAll(ASTERISK)) {
    add(written.slice(end, index));
    end = index + found.length;
    if (found === '*') texts.push('');
    else add('*');
  }
  add(written.slice(end));
  return texts;
}

/** Finds the texts from left to right; an asterisk gets as few characters as possible. No name can make it go back. */
function compileTexts([ first, ...rest ]: readonly string[]): EventPattern['match'] {
  const last = rest.pop()!;
  return event => {
    const end = event.length - last.length;
    let at = first.length;
    if (at > end || !event.startsWith(first) || !event.endsWith(last)) return undefined;
    const parts: string[] = [];
    for (const text of rest) {
      const found = event.indexOf(text, at);
      if (found < 0 || found + text.length > end) return undefined;
      parts.push(event.slice(at, found));
      at = found + text.length;
    }
    parts.push(event.slice(at, end));
    return parts;
  };
}

function compileRegExp(written: RegExp, where: string): EventPattern {
  // Stateful flags (`g`, `y`) would make every other event fail.
  const regExp = new RegExp(written.source, written.flags.replace(/[gy]/g, ''));
  const reason = whyUnsafe(regExp);
  if (reason) throw startupError('INVALID_CONTROLLER', `${where}: on some names that a client could send, this RegExp takes very long. ${reason}`);
  return {
    source: String(regExp),
    match(event) {
      const found = event.length > LONGEST_TRIED ? null : regExp.exec(event);
      if (!found) return undefined;
      const parts = found.slice(1);
      const { groups } = found;
      return groups ? Object.defineProperty(parts, 'groups', { value: groups }) : parts;
    },
  };
}

/** The argument of `@OnWSMessage()`: an exact name, or a pattern and its source. */
export interface EventOfMessage {
  readonly name: string;
  readonly pattern?: EventPattern;
}

/**
 * Reads the argument of `@OnWSMessage()`.
 *
 * @param where - for messages
 * @param hookFor - returns the replacement of an event that Socket.IO keeps for itself
 * @throws {SocketIOError} `INVALID_CONTROLLER`
 */
export function readEvent(written: unknown, where: string, hookFor: (event: string) => string | undefined): EventOfMessage {
  if (written instanceof RegExp) return withPattern(compileRegExp(written, where));
  if (typeof written !== 'string') {
    throw startupError('INVALID_CONTROLLER', `${where}: expected the event to be a string or a RegExp, but got ${typeof written}.`);
  }
  const texts = textsOf(written);
  if (texts.length > 1) return withPattern(compileWildcards(written, texts, where));
  const [ name ] = texts;
  checkEvent(name, where, hookFor(name));
  return { name };
}

function withPattern(pattern: EventPattern): EventOfMessage {
  return { name: pattern.source, pattern };
}

function compileWildcards(source: string, texts: readonly string[], where: string): EventPattern {
  if (texts.slice(1, -1).includes('')) {
    throw startupError('INVALID_CONTROLLER', `${where}: two asterisks stand side by side. One stands for any text already, also with dots in it.`);
  }
  return { source, match: compileTexts(texts) };
}
