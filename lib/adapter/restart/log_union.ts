import { mergeSeen, type Logged, type Seen } from '../recovery/packet_log';
import type { Union } from '../recovery/handover';

/** Joins the logs of several workers: each packet that was sent to all workers once, in the order of its sender. */
export function unionOf(logs: readonly (readonly Logged[])[]): Union {
  const byOffset = new Map<string, Logged>();
  for (const packet of logs.flat()) {
    if (!packet.shared) continue;
    const known = byOffset.get(packet.offset);
    // A packet without content stands for lost ones, which another worker may have.
    if (!known || (known.chunks.length === 0 && packet.chunks.length > 0)) byOffset.set(packet.offset, packet);
  }
  const packets = [ ...byOffset.values() ].sort((a, b) => a.at - b.at);
  const bySender = new Map<string, Logged[]>();
  for (const packet of packets) {
    const own = bySender.get(packet.origin);
    if (own) own.push(packet);
    else bySender.set(packet.origin, [ packet ]);
  }
  let seen: Seen = {};
  for (const [ origin, own ] of bySender) {
    // A clock may have been set back.
    own.sort((a, b) => a.seq - b.seq);
    seen = mergeSeen(seen, { [origin]: own.at(-1)!.seq });
  }
  const next = new Map([ ...bySender ].map(([ origin, own ]) => [ origin, own.values() ]));
  return { packets: packets.map(({ origin }) => next.get(origin)!.next().value!), seen };
}
