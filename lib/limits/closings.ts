import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as EngineSocket } from 'engine.io';
import type { Closing } from '../types/refusal';
import type { Refusals } from './refusals';

/** The log message for each kind. */
const SAYS: Record<Closing, string> = {
  maxHttpBufferSize: 'it sent a message that is larger than config.socketio.maxHttpBufferSize allows',
  pingTimeout: 'it did not answer a ping in time (config.socketio.pingInterval, pingTimeout)',
  parseError: 'it sent an invalid Engine.IO or Socket.IO packet',
  transportError: 'its requests broke the rules of its transport',
};

/** Engine.IO's own errors, which have a text and no code. All others mean that a client, or a network, is gone. */
const BROKEN_RULES = /^(overlap from client|data request overlap|invalid content|invalid heartbeat direction)/;

/** The second argument of a session's event `close`. */
export interface TransportError extends Error { readonly description?: { code?: unknown } }

function closingOf(reason: string, error: TransportError | undefined): Closing | undefined {
  if (reason === 'ping timeout') return 'pingTimeout';
  if (reason === 'parse error') return 'parseError';
  if (reason !== 'transport error' || !error) return undefined;
  // Errors of ws have a code, and Engine.IO makes a text of them.
  if (/Max payload size exceeded/.test(error.message)) return 'maxHttpBufferSize';
  if (/Invalid WebSocket frame|Invalid UTF-8/.test(error.message)) return 'parseError';
  return BROKEN_RULES.test(error.message) ? 'transportError' : undefined;
}

/** Describes the owner of a session for the log. */
type DescribeSession = (session: EngineSocket | undefined) => string;

/** Logs that a connection is closed, and counts it. */
export function tellClosing(refusals: Refusals, kind: Closing, describe: DescribeSession, session: EngineSocket | undefined): void {
  refusals.add(kind, () => `closed the connection of ${describe(session)}: ${SAYS[kind]}.`);
}

type EngineRequest = IncomingMessage & { readonly _query?: { readonly sid?: string } };

/** Finds sessions by their ids. */
export interface SessionTable { sessionOf(sid: string | undefined): EngineSocket | undefined }

/** Reports connections that Engine.IO itself closes: they would be in no log, and the client only sees a broken connection. */
export class Closings {
  /** @param describe - describes the owner of a session for the log */
  constructor(private readonly refusals: Refusals, private readonly describe: DescribeSession) {}

  /** Reports why a session has ended, if Engine.IO has closed it. */
  tell(session: EngineSocket, reason: string, error?: TransportError): void {
    const kind = closingOf(reason, error);
    if (kind) tellClosing(this.refusals, kind, this.describe, session);
  }

  /** Reports a request that is too large: it gets 413, and the client closes the connection. */
  watchResponse(req: EngineRequest, res: ServerResponse, sessions: SessionTable): void {
    if (req.method !== 'POST') return;
    res.once('close', () => {
      if (res.statusCode === 413) tellClosing(this.refusals, 'maxHttpBufferSize', this.describe, sessions.sessionOf(req._query?.sid));
    });
  }
}
