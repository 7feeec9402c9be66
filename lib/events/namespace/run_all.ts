import type { SocketContext } from '../../context/socket_context';
import type { Pipeline } from '../dispatch/pipeline';
import type { Environment } from './environment';

/** Runs the handlers of one step of a connection's life, one after the other. */
export async function runAll(pipelines: readonly Pipeline[], ctx: SocketContext, { storage }: Environment): Promise<void> {
  for (const pipeline of pipelines) {
    const pending = storage.run(ctx, pipeline, ctx);
    if (pending) await pending;
  }
}
