import { Adapter } from 'socket.io-adapter';
import { lazy } from '../base/lazy';
import { joinBroadcastFrames } from '../internals/broadcast_frame';
import { broadcastToSingleRoom } from '../internals/single_room_broadcast';
import type { EmbeddedAdapterClass } from './adapter';
import type { Namespace } from '../internals/socket_io';
import type { PeerPort } from '../cluster/port';

const embedded = lazy(() => require('./adapter') as typeof import('./adapter'));

/** The tag of a worker without siblings. */
const ALONE = 'the-only';

/** A channel without other workers. */
const NOBODY: PeerPort = {
  tag: ALONE, peers: () => [], send: () => undefined, broadcast: () => undefined, drained: () => undefined,
  collect: () => undefined, flush: () => undefined, isBehind: () => true, listen: () => () => undefined,
};

/**
 * Creates the adapter class of an app in one process, such as a unit test's. Socket.IO's own would warn at each `serverSideEmit()`, and
 * never answer its ack; this one finds nobody, like the only worker of a cluster. With connection state recovery it is the adapter of
 * such a worker, which recovers clients that Socket.IO's own does not.
 *
 * @param recovers - whether `connectionStateRecovery` is on
 * @param onError - gets errors of the app's own listeners
 */
export function createLoneAdapter(recovers: boolean, onError?: (error: unknown) => void): typeof Adapter {
  if (recovers) {
    return embedded().createEmbeddedAdapter(NOBODY, onError) satisfies EmbeddedAdapterClass;
  }
  return class extends Adapter {
    constructor(nsp: Namespace) {
      super(nsp);
      joinBroadcastFrames(this);
      broadcastToSingleRoom(this);
    }

    override serverSideEmit(packet: unknown[]): void {
      const ack = packet.at(-1);
      if (typeof ack === 'function') process.nextTick(ack, null, []);
    }
  };
}
