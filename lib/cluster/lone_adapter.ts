import { Adapter, SessionAwareAdapter } from 'socket.io-adapter';
import { joinFrames } from './adapter_frame';
import { passThroughOneRoom } from './adapter_one_room';
import type { Namespace } from './adapter_internals';

/**
 * Makes the adapter class of an app in one process, such as a unit test's. It is Socket.IO's own, which however warns at
 * each `serverSideEmit()`, and leaves an ack without an answer for ever; here that finds nobody, as in a cluster's only
 * worker.
 *
 * @param recovers - whether `connectionStateRecovery` is on
 */
export function createLoneAdapter(recovers: boolean): typeof Adapter {
  const Base: typeof Adapter = recovers ? SessionAwareAdapter : Adapter;
  return class extends Base {
    constructor(nsp: Namespace) {
      super(nsp);
      joinFrames(this);
      passThroughOneRoom(this);
    }

    override serverSideEmit(packet: unknown[]): void {
      const ack = packet.at(-1);
      if (typeof ack === 'function') process.nextTick(ack, null, []);
    }
  };
}
