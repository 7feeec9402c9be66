import type { EggLogger } from 'egg';
import type { SocketContext } from '../handshake/context';
import { printable } from '../printable';
import { toError } from './payload';

/** Milliseconds for which errors of one origin are counted after one was logged. */
const QUIET = 1000;
/** Messages of one origin that are logged within that time: they may have in them what a client has sent. */
const MOST_MESSAGES = 5;
/** Origins that are known at a time. They are places in code, so that no app comes near it. */
const MOST_ORIGINS = 1000;
const LONGEST_MESSAGE = 200;

/** What has come from one place in the code since it was last silent. */
interface Origin {
  readonly messages: Set<string>;
  unsaid: number;
  /** Where, and with which message, the last one was thrown that was only counted. */
  last: string;
}

/** Logs an error of the app's own code, with the context in which it was thrown. */
export type LogError = (ctx: SocketContext, thrown: unknown) => void;

/** Where an error comes from: its stack without the message, which differs between errors of one kind. */
function originOf(error: Error): string {
  const { stack } = error;
  const frames = typeof stack === 'string' ? stack.indexOf('\n    at ') : -1;
  return `${error.name} ${frames < 0 ? error.message : stack!.slice(frames)}`;
}

/**
 * Logs errors whole, but for those that repeat themselves: the first of each kind is logged, and those that follow it within a second
 * are counted. A client can have a handler throw as often as it may send events, and a stack is longer than an event.
 */
export class RepeatedErrors {
  private readonly origins = new Map<string, Origin>();

  /** @param summary - takes the counts */
  constructor(private readonly summary: Pick<EggLogger, 'error'>) {}

  readonly log: LogError = (ctx, thrown) => {
    const { logger } = ctx;
    const error = toError(thrown);
    const key = originOf(error);
    const message = String(error.message).slice(0, LONGEST_MESSAGE);
    const origin = this.origins.get(key);
    if (!origin) {
      logger.error(error);
      if (this.origins.size < MOST_ORIGINS) this.beQuiet(key, { messages: new Set([ message ]), unsaid: 0, last: '' });
      return;
    }
    if (!origin.messages.has(message) && origin.messages.size < MOST_MESSAGES) {
      origin.messages.add(message);
      logger.error(error);
      return;
    }
    origin.unsaid += 1;
    origin.last = `${error.name}: ${message} (event '${ctx.event}', namespace ${ctx.nsp.name})`;
  };

  private beQuiet(key: string, origin: Origin): void {
    this.origins.set(key, origin);
    setTimeout(() => {
      this.origins.delete(key);
      const { unsaid, last } = origin;
      if (unsaid === 0) return;
      this.summary.error(`[egg-socketio] ${printable(last)}: ${unsaid} more of this kind within a second, of which the first was logged whole.`);
      origin.unsaid = 0;
      this.beQuiet(key, origin);
    }, QUIET).unref();
  }
}
