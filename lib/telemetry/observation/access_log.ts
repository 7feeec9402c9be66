import type { EggLogger } from 'egg';
import { printable } from '../../base/printable';
import type { EndedEventMessage, EventOutcome } from '../../types/observation';
import type { Observer } from './observer';

/** `config.socketio.accessLog`. @see docs/observability.md#access-log */
export interface AccessLogOptions {
  /** The log level for events that are neither slow nor failed. @default 'info' */
  level?: 'debug' | 'info' | 'warn';
  /**
   * The share of those events that is logged, from 0 (none) to 1 (all): with 0.1, every tenth.
   * @default 1
   */
  sample?: number;
  /**
   * Milliseconds. An event that takes at least this long is always logged, as a warning; `false`: no event counts as slow.
   * @default 1000
   */
  slow?: number | false;
}

/** The defaults of `config.socketio.accessLog`. */
const DEFAULT_ACCESS_LOG: Readonly<Required<AccessLogOptions>> = Object.freeze({ level: 'info', sample: 1, slow: 1000 });

/** Clients choose the names of their events. */
const LONGEST_NAME = 100;

/** Outcomes that are always logged. A client alone cannot cause them, or it could fill the log. */
const FAILURES: ReadonlySet<EventOutcome> = new Set<EventOutcome>([ 'failed', 'timeout' ]);

/** Whether the n-th event, from 1, is logged: they are spread evenly and predictably. */
function isSampled(n: number, share: number): boolean {
  return Math.floor(n * share) > Math.floor((n - 1) * share);
}

function lineOf({ nsp, event, socket, outcome, code, duration }: EndedEventMessage): string {
  const where = printable(`${nsp.slice(0, LONGEST_NAME)} ${String(event).slice(0, LONGEST_NAME)}`);
  return `[${where} ${socket.id}] ${outcome}${code === undefined ? '' : ` ${printable(code)}`} ${duration.toFixed(1)}ms`;
}

/** Logs a line for each event that has ended; for a step of a connection's life, only if it was slow or has failed. */
export function createAccessLog(logger: EggLogger, options: AccessLogOptions): Observer {
  const { level, sample, slow } = { ...DEFAULT_ACCESS_LOG, ...options };
  const slowFrom = slow === false ? Infinity : slow;
  let ordinary = 0;
  return {
    eventEnd(message) {
      const { kind, outcome, duration } = message;
      if (duration >= slowFrom) logger.warn(`${lineOf(message)} slow`);
      else if (FAILURES.has(outcome)) logger.warn(lineOf(message));
      else if (kind === 'message' && isSampled(++ordinary, sample)) logger[level](lineOf(message));
    },
  };
}
