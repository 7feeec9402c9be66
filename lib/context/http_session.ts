import type { Application as EggApplication } from 'egg';
import type { Socket } from 'socket.io';
import { LIVE_SESSION, type SocketContext } from './socket_context';

const SNAPSHOT = Symbol('Socket#session');

interface WithSnapshot { [SNAPSHOT]?: object }
interface SessionOptions { store?: unknown; ContextStore?: unknown }
type SessionMiddleware = (ctx: SocketContext, next: () => Promise<unknown>) => Promise<unknown>;
interface SessionApp { middlewares: { session(options: object, app: EggApplication): SessionMiddleware } }

/** The session at connect, if it is kept in a store; a cookie session is read from the handshake instead. */
export function readSessionSnapshot(socket: Socket): object | undefined {
  return (socket as WithSnapshot)[SNAPSHOT];
}

/**
 * Makes sessions in a store readable: `ctx.session` is synchronous, reading a store is not. Events see the session as it was when the
 * connection was accepted.
 */
export class SessionLoader {
  private middleware: SessionMiddleware | undefined;

  constructor(private readonly app: EggApplication) {}

  /** Whether sessions are kept in a store. Checked for each connection, because an app may set `app.sessionStore` late. */
  isNeeded(ctx: SocketContext): boolean {
    const options = ctx.sessionOptions as SessionOptions | undefined;
    return Boolean(options?.store ?? options?.ContextStore);
  }

  /**
   * Runs `next` inside egg-session's own middleware, if needed; changes that `next` makes to the session are saved, as after an HTTP
   * request.
   */
  async run(ctx: SocketContext, next: () => Promise<unknown>): Promise<unknown> {
    if (!this.isNeeded(ctx)) return next();
    return this.around(ctx, async () => {
      const result = await next();
      (ctx.socket as WithSnapshot)[SNAPSHOT] = JSON.parse(JSON.stringify(ctx.session ?? {}));
      return result;
    });
  }

  /** The same for one event: `ctx.session` is the session that the store has now, and changes are saved. */
  async runLive(ctx: SocketContext, next: () => Promise<unknown>): Promise<unknown> {
    ctx[LIVE_SESSION] = true;
    return this.around(ctx, next);
  }

  private around(ctx: SocketContext, next: () => Promise<unknown>): Promise<unknown> {
    this.middleware ??= (this.app as unknown as SessionApp).middlewares.session(this.app.config.session, this.app);
    return this.middleware(ctx, next);
  }
}
