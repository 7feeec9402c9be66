import { debugOf } from '../../base/debug';
import { ERROR_CODES, SocketIOError } from '../../base/errors';
import { obeysSignal } from '../../context/abort_signal';
import { emitOwn } from '../../context/own_emit';
import { ACKED, KEEPS_ANSWER, RAW_ACK, RECORD, type SocketContext, STREAM } from '../../context/socket_context';
import { pendingAcksOf } from '../../context/pending_acks';
import { printable } from '../../base/printable';
import type { FilterLevels } from '../../controllers/plan/types';
import type { Tally } from '../../telemetry/stats/tally';
import { askFilters } from './filters';
import { type ErrorPayload, normaliseError } from './payload';
import type { ErrorLog, LogError } from './repeated_errors';
import { sendAck } from './reply';

const debug = debugOf('events');

/** Takes an error to the client and the log. Never throws and never rejects. */
export type Failure = (ctx: SocketContext, thrown: unknown, filters: FilterLevels) => Promise<void> | undefined;

/** The event that sends an error to a client without an ack. */
export const EXCEPTION_EVENT = 'exception';

function send(ctx: SocketContext, ackValue: unknown, exception: unknown): void {
  if (ctx[RAW_ACK]) sendAck(ctx, ackValue);
  else emitOwn(ctx.socket, EXCEPTION_EVENT, exception);
}

function isLeft(error: unknown): boolean {
  return error instanceof SocketIOError && error.code === 'CLIENT_LEFT';
}

/** The log message, if nothing sent now reaches the client. */
function whyUnheard(ctx: SocketContext): string | undefined {
  if (ctx[ACKED]) return 'thrown after the ack, so the client did not get it:';
  return ctx.socket.connected || ctx[STREAM]?.outlivesClient ? undefined : 'thrown after the client had left:';
}

/** The details may be impossible to send (a circular object, a BigInt); code and message can always be sent. */
function sendError(ctx: SocketContext, payload: ErrorPayload, logError: LogError): void {
  try {
    send(ctx, { error: payload }, { event: ctx.event, ...payload });
  } catch (unsendable) {
    logError(ctx, unsendable);
    const { code, message } = payload;
    send(ctx, { error: { code, message } }, { event: ctx.event, code, message });
  }
}

/** The code in a filter's value; without one, that of the error. */
function codeOf(answer: unknown, thrown: unknown): string {
  const { error, code } = (typeof answer === 'object' && answer !== null ? answer : {}) as { error?: { code?: unknown } | null; code?: unknown };
  for (const told of [ error?.code, code ]) {
    if (typeof told === 'string') return told;
  }
  try {
    return normaliseError(thrown, false).payload.code;
  } catch {
    return 'INTERNAL';
  }
}

/** Tells the observers of an event, and the debug lines, with which code it has ended. */
function record(ctx: SocketContext, code: string, thrown: unknown): void {
  ctx[RECORD]?.fail(code, thrown);
  debug('%j of socket %s in namespace %j: %s', ctx.event, ctx.id, ctx.socket.nsp.name, code);
}

/**
 * Returns the one path for all errors: filters, then the ack or the `exception` event; an error that the client may not see is logged in
 * full.
 *
 * @param showInternal - whether clients see the real message of an internal error
 * @param tally - counts the errors
 * @param errors - handles errors that the client may not see, or does not get
 */
export function createFailure(showInternal: boolean, tally: Tally, errors: ErrorLog): Failure {
  const { log: logError } = errors;

  function report(ctx: SocketContext, thrown: unknown): void {
    try {
      // Nobody needs the result of a handler that has ended because of its signal, so the log does not need its error.
      const obeys = obeysSignal(ctx, thrown);
      const error: unknown = obeys ? ctx.signal.reason : thrown;
      // Nothing has failed.
      if (obeys && isLeft(error)) return;
      const { payload, exposed } = normaliseError(error, showInternal);
      tally.addError(payload.code);
      record(ctx, payload.code, thrown);
      const unheard = whyUnheard(ctx);
      if (!exposed) logError(ctx, thrown);
      else if (unheard && !obeys) errors.warn(ctx, thrown, `${unheard} ${printable(payload.message)}`);
      if (!unheard || (ctx[KEEPS_ANSWER] && !obeys)) sendError(ctx, payload, logError);
    } catch (error) {
      // An error that cannot be inspected, such as one whose getters throw.
      tally.addError('INTERNAL');
      logError(ctx, error);
      record(ctx, 'INTERNAL', thrown);
      sendError(ctx, { code: 'INTERNAL', message: ERROR_CODES.INTERNAL.message }, logError);
    }
  }

  return (ctx, thrown, filters) => {
    if (filters.length === 0) return report(ctx, thrown) as undefined;
    const pendingAcks = pendingAcksOf(ctx.socket);
    pendingAcks.add(ctx.event);
    return askFilters(filters, ctx, thrown).then(result => {
      if ('error' in result) return report(ctx, result.error);
      record(ctx, codeOf(result.answer, thrown), thrown);
      try {
        if (!whyUnheard(ctx) || ctx[KEEPS_ANSWER]) send(ctx, result.answer, result.answer);
      } catch (error) {
        report(ctx, error);
      }
    }).finally(() => pendingAcks.remove(ctx.event));
  };
}
