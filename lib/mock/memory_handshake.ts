import { IncomingMessage, type IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Socket as NetSocket } from 'node:net';
import type { EventEmitter } from 'node:events';
import type { Socket as EngineSocket } from 'engine.io';
import type { Application } from '../types/application';

const LOCALHOST = '127.0.0.1';

type HandshakeRequest = IncomingMessage & { _query: Record<string, string>; websocket: EventEmitter };
type Fail = (code: number, context?: { message?: string; error?: unknown }) => void;

/** Engine.IO's method for a new WebSocket, which is not in its types. */
interface EngineInternals {
  readonly opts: { allowRequest?(req: IncomingMessage, callback: (message: string | null | undefined, isAllowed: boolean) => void): void };
  readonly clients: Record<string, EngineSocket>;
  _applyMiddlewares(req: IncomingMessage, res: ServerResponse, callback: (error?: unknown) => void): void;
  handshake(transport: 'websocket', req: IncomingMessage, fail: Fail): Promise<{ sid: string } | undefined>;
}

/** The request with which a client on this machine would open its WebSocket. */
export function makeRequest(path: string, headers: IncomingHttpHeaders, query: object): IncomingMessage {
  const connection = new NetSocket();
  Object.defineProperties(connection, { remoteAddress: { value: LOCALHOST }, remotePort: { value: 0 } });
  const req = new IncomingMessage(connection) as HandshakeRequest;
  const search = new URLSearchParams({ ...query, EIO: '4', transport: 'websocket' });
  req.method = 'GET';
  req.httpVersion = '1.1';
  req.url = `${path}/?${search.toString()}`;
  req._query = Object.fromEntries(search);
  const given = Object.entries(headers).map(([ name, value ]) => [ name.toLowerCase(), value ]);
  req.headers = { host: LOCALHOST, connection: 'Upgrade', upgrade: 'websocket', ...Object.fromEntries(given) };
  req.rawHeaders = Object.entries(req.headers).flatMap(([ name, value ]) => [ value ?? [] ].flat().flatMap(each => [ name, each ]));
  return req;
}

/** Runs everything that Engine.IO runs before a handshake: its middleware, and `allowRequest` with the origin check. */
export async function admitRequest(io: Application, req: IncomingMessage): Promise<void> {
  const engine = io.engine as unknown as EngineInternals;
  await new Promise<void>((resolve, reject) => {
    engine._applyMiddlewares(req, new ServerResponse(req), error => {
      if (!error) resolve();
      else reject(new Error(`a middleware of io.engine refused the handshake: ${String((error as Error).message ?? error)}`, { cause: error }));
    });
  });
  const { allowRequest } = engine.opts;
  if (!allowRequest) return;
  await new Promise<void>((resolve, reject) => {
    allowRequest(req, (message, isAllowed) => {
      if (isAllowed) resolve();
      else reject(new Error(`the handshake was refused: ${message ?? 'allowRequest gave no reason'}`));
    });
  });
}

/** Lets Engine.IO create the session of a WebSocket, and Socket.IO its client. */
export async function openSession(io: Application, req: IncomingMessage, webSocket: EventEmitter): Promise<EngineSocket> {
  const engine = io.engine as unknown as EngineInternals;
  (req as HandshakeRequest).websocket = webSocket;
  let failure: unknown;
  const transport = await engine.handshake('websocket', req, (code, context) => {
    failure = context?.error ?? new Error(`Engine.IO refused the handshake with code ${code}`);
  });
  if (!transport) throw failure;
  return engine.clients[transport.sid];
}
