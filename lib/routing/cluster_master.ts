import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { atMost } from '../base/at_most';

/** Milliseconds to wait for a master that is busy, or has stopped. */
const LIMIT = 5000;

/**
 * Waits until Node's cluster master has noticed that this worker does not listen any more, and until everything that it handed over
 * before has arrived here, to be handed back. A worker that ends earlier takes a connection with it that is on its way to this worker:
 * that client waits for ever.
 *
 * Messages between the two arrive in order, so any answer of the master proves that. To listen is the only thing of Node's public API
 * that the master answers.
 */
export async function masterHasNoticed(): Promise<void> {
  if (!cluster.isWorker || !process.connected) return;
  const probe = createServer().unref();
  // An error is an answer as well.
  const answered = once(probe.listen(0, '127.0.0.1'), 'listening').catch(() => undefined);
  await atMost(LIMIT, answered);
  probe.close();
}
