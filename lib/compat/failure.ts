import { emitOwn } from '../context/own_emit';
import { ACK_TAKEN, ACKED, markAcked, RECORD, type SocketContext } from '../context/socket_context';
import { normaliseError } from '../events/reply/payload';
import type { Environment } from '../events/namespace/environment';

const ERROR_EVENT = 'error';

/** The value that a Socket.IO 2 server sends for an error. */
function valueOf(thrown: unknown): unknown {
  const { data, message } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as { data?: unknown; message?: unknown };
  return data || message;
}

/** Takes the error of an event to the log, and to the client as egg-socket.io did: as the event `error`, and never in the ack. */
export type OldFailure = (ctx: SocketContext, thrown: unknown) => undefined;

export function createOldFailure({ tally, logError }: Pick<Environment, 'tally' | 'logError'>): OldFailure {
  function codeOf(thrown: unknown): string {
    try {
      return normaliseError(thrown, false).payload.code;
    } catch {
      return 'INTERNAL';
    }
  }

  function send({ socket }: SocketContext, thrown: unknown): void {
    try {
      emitOwn(socket, ERROR_EVENT, valueOf(thrown));
    } catch {
      // Its data cannot be sent: it is circular, for example.
      emitOwn(socket, ERROR_EVENT, String((thrown as Error).message));
    }
  }

  return (ctx, thrown) => {
    const code = codeOf(thrown);
    tally.addError(code);
    ctx[RECORD]?.fail(code, thrown);
    logError(ctx, thrown);
    // Nobody calls it any more, so a stop need not wait for it.
    if (ctx[ACK_TAKEN] && !ctx[ACKED]) markAcked(ctx);
    if (ctx.socket.connected) send(ctx, thrown);
    return undefined;
  };
}
