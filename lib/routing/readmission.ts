import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Server as Engine } from 'engine.io';
import { atMost } from '../base/at_most';
import { Once } from '../base/once';
import { type Handshake, rebuildRequest } from './moved_request';
import type { StickyLogger } from './port';

/** Milliseconds that the app may take: the client has no answer to its CONNECT until then. */
const LIMIT = 3000;

/** A request as Engine.IO keeps it with a session. */
export type SessionRequest = IncomingMessage & { _query: Record<string, string>; res: ServerResponse | null };

/** Engine.IO's `allowRequest`, which decides about the first request of a session. */
export type Admit = (req: IncomingMessage, callback: (message: string | null | undefined, success: boolean) => void) => void;

/** The protected methods of Engine.IO for a request. */
interface EngineSteps {
  prepare(req: IncomingMessage): void;
  _applyMiddlewares(req: IncomingMessage, res: ServerResponse, callback: (error?: unknown) => void): void;
}

/**
 * Repeats everything that Engine.IO did on another worker with the request that began a session: `io.engine.use()`, `allowRequest` and
 * `initial_headers` add data to a request, and an app finds it there whichever worker has the session.
 */
export class Readmission {
  private readonly warned = new Once();

  /**
   * @param admit - the origin check, and the app's `allowRequest`; default: all are accepted
   * @param limit - milliseconds for all of it
   */
  constructor(
    private readonly engine: Engine, private readonly logger: StickyLogger,
    private readonly admit: Admit = (_req, callback) => callback(null, true), private readonly limit = LIMIT,
  ) {}

  /** @return the request; `undefined` if the app refuses it here, or does not answer */
  async readmit(handshake: Handshake): Promise<SessionRequest | undefined> {
    const req = rebuildRequest(handshake) as SessionRequest;
    try {
      await atMost(this.limit, this.repeat(req), () => { throw new Error(`no answer within ${this.limit} ms`); });
      return req;
    } catch (error) {
      this.explain((error as Error | undefined)?.message ?? String(error));
      return undefined;
    }
  }

  private async repeat(req: SessionRequest): Promise<void> {
    const steps = this.engine as unknown as EngineSteps;
    steps.prepare(req);
    const res = req.res = new ServerResponse(req);
    // So that it can be finished, which middleware may wait for. Nobody gets it: the client had its response from the owner.
    res.assignSocket(req.socket);
    await new Promise<void>((resolve, reject) => {
      res.once('finish', () => reject(new Error('middleware of io.engine has answered the request')));
      steps._applyMiddlewares(req, res, error => {
        if (error === undefined) resolve();
        else reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
    await new Promise<void>((resolve, reject) => {
      this.admit(req, (message, success) => {
        if (success) resolve();
        else reject(new Error(message ?? 'allowRequest gave no reason'));
      });
    });
    const headers: Record<string, string> = {};
    this.engine.emit('initial_headers', headers, req);
    this.engine.emit('headers', headers, req);
    res.writeHead(200, headers).end();
    req.res = null;
  }

  /** With single-use tickets, an app refuses every session that moves, so every one is relayed. */
  private explain(reason: string): void {
    if (this.warned.isFirst('refused')) this.logger.warn('[egg-socketio] a session stays with the worker that it began with, and its WebSocket is relayed, because its handshake was refused when it was repeated on this worker: %s. Further cases are not logged.', reason);
  }
}
