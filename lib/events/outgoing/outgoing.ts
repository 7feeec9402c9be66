import { SocketIOError, startupError } from '../../base/errors';
import { isThenable } from '../../base/thenable';
import type { NamedOutgoing } from '../../controllers/plan/types';
import type { Packet } from './packet';

/**
 * Runs outgoing middleware for a packet, in the order given.
 *
 * @return whether it is sent
 * @throws the middleware's own error; `INVALID_MIDDLEWARE` for one that returns a promise
 */
export function runOutgoing(list: readonly NamedOutgoing[], packet: Packet): boolean {
  for (const { name, run } of list) {
    const result: unknown = run(packet);
    if (isThenable(result)) {
      // The error below says it all.
      result.then(undefined, () => undefined);
      throw startupError('INVALID_MIDDLEWARE', `outgoing middleware ${name} returned a promise for '${packet.event}', but emit() does not wait for it. Make it synchronous, and do the rest before the emit.`);
    }
    if (packet.isDropped) return false;
  }
  return true;
}

/** The error of an ack that nobody was asked for. */
export function droppedError({ event }: Packet): SocketIOError {
  return new SocketIOError('EMIT_DROPPED', `outgoing middleware has dropped the event '${event}'`);
}
