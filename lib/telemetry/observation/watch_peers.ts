import type { Member, PeerPort } from '../../cluster/port';
import type { PeerMessage } from '../../types/observation';
import type { Teller } from './signal';

/**
 * Publishes alternately that a worker has come and gone: a link that reopens, and one that is dropped before its worker goes, are
 * reported twice.
 *
 * @param memberOf - returns the worker with a tag, while there is a link
 */
export function watchPeers(
  peers: PeerPort, memberOf: (tag: string) => Member | undefined,
  { peerUp, peerDown }: Readonly<Record<'peerUp' | 'peerDown', Teller<PeerMessage>>>,
): void {
  const pids = new Map<string, number>();
  peers.listen({
    onMessage() { /* Their messages do not concern this. */ },
    onUp(tag) {
      const { pid } = memberOf(tag) ?? {};
      if (pid === undefined || pids.has(tag)) return;
      pids.set(tag, pid);
      if (peerUp.isHeard) peerUp.tell({ tag, pid });
    },
    onDown(tag) {
      const pid = pids.get(tag);
      if (pid !== undefined && pids.delete(tag) && peerDown.isHeard) peerDown.tell({ tag, pid });
    },
  });
}
