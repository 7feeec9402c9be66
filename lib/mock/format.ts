import { inspect } from 'node:util';

/** The number of events, and of characters of their arguments, that a message shows. */
const MOST_EVENTS = 10;
const MOST_CHARACTERS = 200;

/** Formats a value for a message, in one line. */
export function showValue(value: unknown): string {
  const text = inspect(value, { breakLength: Infinity, depth: 3, maxArrayLength: 10 });
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

/** Formats events and their arguments for a message. */
export function showEvents(events: readonly { event: string; args: readonly unknown[] }[]): string {
  const shown = events.slice(0, MOST_EVENTS).map(({ event, args }) => `'${event}' ${showValue(args)}`);
  if (events.length > MOST_EVENTS) shown.push(`${events.length - MOST_EVENTS} more`);
  return shown.join(', ');
}
