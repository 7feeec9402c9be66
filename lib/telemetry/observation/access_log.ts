import type { EggLogger } from 'egg';
import { printable } from '../../base/printable';
import type { EndedEventMessage, EventOutcome } from '../../types/observation';
import type { Observer } from './observer';

/** `config.socketio.accessLog`. @see docs/observability.md#access-log */
export interface AccessLogOptions {
  /** The level of the lines of events that are neither slow nor have failed. @default 'info' */
  level?: 'debug' | 'info' | 'warn';
  /**
   * Which share of those is written, from 0 (none) to 1 (all): of ten events with 0.1, the tenth.
   * @default 1
   */
  sample?: number;
  /**
   * Milliseconds. An event that takes as long, or longer, is written in any case, as a warning; `false`: none is slow.
   * @default 1000
   */
  slow?: number | false;
}

/** What holds where `config.socketio.accessLog` says nothing. */
export const DEFAULT_ACCESS_LOG: Readonly<Required<AccessLogOptions>> = Object.freeze({ level: 'info', sample: 1, slow: 1000 });

/** A client names its events as it likes. */
const LONGEST_NAME = 100;

/** What is written in any case. What a client alone can bring about is not among it, or one could fill the log. */
const FAILURES: ReadonlySet<EventOutcome> = new Set<EventOutcome>([ 'failed', 'timeout' ]);

/** Whether the n-th, from 1, is one of the share: they are evenly spread, and known beforehand. */
function isSampled(n: number, share: number): boolean {
  return Math.floor(n * share) > Math.floor((n - 1) * share);
}

function lineOf({ nsp, event, socket, outcome, code, duration }: EndedEventMessage): string {
  const where = printable(`${nsp.slice(0, LONGEST_NAME)} ${String(event).slice(0, LONGEST_NAME)}`);
  return `[${where} ${socket.id}] ${outcome}${code === undefined ? '' : ` ${printable(code)}`} ${duration.toFixed(1)}ms`;
}

/** Writes a line for each event that is over; for a step of a connection's life, only if it was slow or has failed. */
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
