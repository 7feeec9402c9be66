import type { Namespace, Socket } from 'socket.io';
import { outliveClient } from '../../context/abort_signal';
import type { NamespacePlan } from '../../controllers/plan/types';
import { compilePipeline, type Pipeline } from '../dispatch/pipeline';
import type { Environment } from './environment';
import { type GoneSession, goneSocket } from './gone_socket';
import { runAll } from './run_all';
import { socketStateOf } from './socket_state';

/** The reasons for which Socket.IO gives the session of a client to its adapter. */
const RECOVERABLE: ReadonlySet<string> = new Set([
  'transport error', 'transport close', 'forced close', 'ping timeout', 'server shutting down', 'forced server close',
]);

/** Runs the handlers of one namespace for clients that are gone for good. */
export class Expiry {
  private readonly pipelines: readonly Pipeline[];

  constructor({ expired }: NamespacePlan, private readonly environment: Environment) {
    this.pipelines = expired.map(handler => compilePipeline(handler, 'expired', environment));
  }

  /** Notes, before a socket leaves its rooms, what its handlers get. */
  readonly note = function(this: Socket, reason: string): void {
    socketStateOf(this).leaving = { reason, rooms: new Set(this.rooms) };
  };

  /**
   * A socket has left. Returns a function that runs the handlers, if its session is over with that: the client has left on purpose, was
   * disconnected, or cannot be recovered for another reason.
   */
  after(socket: Socket): (() => Promise<void>) | undefined {
    const { leaving } = socketStateOf(socket);
    const { sessionsElsewhere } = this.environment;
    if (!leaving || leaving.isKept || (sessionsElsewhere && RECOVERABLE.has(leaving.reason))) return undefined;
    const { id: sid, nsp, data } = socket;
    return () => this.run(nsp, { sid, data: data as unknown, ...leaving });
  }

  /** Runs the handlers. Never rejects. */
  async run(nsp: Namespace, session: GoneSession): Promise<void> {
    const { Context } = this.environment;
    const ctx = new Context(goneSocket(nsp, session), 'expired', [ session.reason ]);
    outliveClient(ctx);
    await runAll(this.pipelines, ctx, this.environment);
  }
}
