import { inspect } from 'node:util';

/** Events and characters of their arguments that a message shows. */
const MOST_EVENTS = 10;
const MOST_CHARACTERS = 200;

/** Shows a value in a message, in one line. */
export function showValue(value: unknown): string {
  const text = inspect(value, { breakLength: Infinity, depth: 3, maxArrayLength: 10 });
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

/** Shows events and their arguments in a message. */
export function showEvents(events: readonly { event: string; args: readonly unknown[] }[]): string {
  const shown = events.slice(0, MOST_EVENTS).map(({ event, args }) => `'${event}' ${showValue(args)}`);
  if (events.length > MOST_EVENTS) shown.push(`${events.length - MOST_EVENTS} more`);
  return shown.join(', ');
}
