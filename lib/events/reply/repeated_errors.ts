import type { EggLogger } from 'egg';
import type { SocketContext } from '../../context/socket_context';
import type { LogThrown } from '../../base/app_code';
import { printable, printableStack } from '../../base/printable';
import { toError } from './payload';

/** Milliseconds for which errors of one origin are counted after one was logged. */
const QUIET = 1000;
/** The number of messages of one origin that are logged within that time: they may contain a client's text. */
const MOST_MESSAGES = 5;
/** The number of origins that are tracked. They are places in code, so no app comes near it; all further ones count as one. */
const MOST_ORIGINS = 1000;
const OTHERS = 'others';
const LONGEST_MESSAGE = 200;

type Level = 'error' | 'warn';

/** The errors from one place in the code since it was last silent. */
interface Origin {
  readonly level: Level;
  readonly messages: Set<string>;
  unsaid: number;
  /** The place and message of the last error that was only counted. */
  last: string;
}

/** Logs an error of the app's own code, with the context in which it was thrown. */
export type LogError = (ctx: SocketContext, thrown: unknown) => void;

/** Logs a line about an error of the app's own code. */
export type LogLine = (ctx: SocketContext, thrown: unknown, line: string) => void;

/** Logs errors of the app's own code. Never throws. */
export interface ErrorLog {
  /** Logs an error that the client may not see. */
  readonly log: LogError;
  /** Logs an error meant for the client that it did not get. */
  readonly warn: LogLine;
}

/** The origin of an error: its stack without the message, which differs between errors of one kind and may look like a stack. */
function originOf({ name, stack, message }: Error): string {
  const text = typeof stack === 'string' ? stack : '';
  const begin = text.indexOf(message);
  const frames = text.indexOf('\n    at ', begin < 0 ? 0 : begin + message.length);
  return `${String(name).slice(0, LONGEST_MESSAGE)} ${frames < 0 ? '' : text.slice(frames)}`;
}

/** A thrown value, and the properties read from it; these may throw themselves. */
function look(thrown: unknown): { error: Error; key: string; message: string } {
  try {
    const error = toError(thrown);
    return { error, key: originOf(error), message: String(error.message).slice(0, LONGEST_MESSAGE) };
  } catch {
    return unreadable();
  }
}

function unreadable(): ReturnType<typeof look> {
  const error = new Error('something was thrown whose properties cannot be read');
  return { error, key: error.message, message: error.message };
}

function placeOf(ctx: SocketContext): string {
  return `event '${ctx.event}', namespace ${ctx.nsp.name}`;
}

/**
 * Logs errors in full, except for repeated ones: the first of each kind is logged, and those that follow it within a second are counted.
 * A client can make a handler throw as often as it may send events, and a stack is longer than an event.
 */
export class RepeatedErrors implements ErrorLog {
  private readonly origins = new Map<string, Origin>();

  /** @param logger - gets the counts, and errors outside of an event */
  constructor(private readonly logger: Pick<EggLogger, Level>) {}

  readonly log: LogError = (ctx, thrown) => this.take('error', thrown, error => ctx.logger.error(error), () => placeOf(ctx));

  readonly warn: LogLine = (ctx, thrown, line) => this.take('warn', thrown, () => ctx.logger.warn(line), () => placeOf(ctx));

  /** Logs a line about an error that Egg logs itself. */
  readonly announce: LogLine = (ctx, thrown, line) => this.take('error', thrown, () => ctx.logger.error(line), () => placeOf(ctx));

  /** Logs an error of the app's own code outside of an event. */
  readonly logThrown: LogThrown = (thrown, where) => this.take(
    'error', thrown, error => this.logger.error('[egg-socketio] %s: %s', printable(where), printableStack(error)), () => where,
  );

  private take(level: Level, thrown: unknown, write: (error: Error) => void, place: () => string): void {
    const { error, key, message } = look(thrown);
    const origin = this.begin(`${level} ${key}`, level);
    if (origin.messages.has(message) || origin.messages.size >= MOST_MESSAGES) {
      origin.unsaid += 1;
      origin.last = `${error.name}: ${message} (${place()})`;
      return;
    }
    origin.messages.add(message);
    try {
      write(error);
    } catch {
      // The logger reads more properties.
      write(unreadable().error);
    }
  }

  private begin(wanted: string, level: Level): Origin {
    const { origins } = this;
    const key = origins.has(wanted) || origins.size < MOST_ORIGINS ? wanted : OTHERS;
    const known = origins.get(key);
    if (known) return known;
    const origin: Origin = { level, messages: new Set(), unsaid: 0, last: '' };
    this.beQuiet(key, origin);
    return origin;
  }

  private beQuiet(key: string, origin: Origin): void {
    this.origins.set(key, origin);
    setTimeout(() => {
      this.origins.delete(key);
      const { level, unsaid, last } = origin;
      if (unsaid === 0) return;
      this.logger[level](`[egg-socketio] ${printable(last)}: ${unsaid} more of this kind within a second; the first was logged in full.`);
      origin.unsaid = 0;
      this.beQuiet(key, origin);
    }, QUIET).unref();
  }
}
