// A worker that is killed has written its last broadcasts to the workers that were reading, and maybe not to one that was busy: the clients
// there would miss them without being told. The others have them in their logs.
import { MessageType } from 'socket.io-adapter';
import type { Message } from './messages/messages';
import { parseOffset } from './recovery/packet_log';
import { type Row, toRow } from './recovery/rows';
import type { RecoveryStore } from './recovery/store';

type LastOf = Message & { type: 'last-of' };

/** The parts of the worker's adapters that are needed here; the hub has all of them. */
interface Hub {
  readonly tag: string;
  readonly recoveries: RecoveryStore;
  broadcast(message: Message): void;
  tell(to: string, message: Message): void;
  receive(message: Message): void;
}

/** Exchanges the last broadcasts of a killed worker, so that the clients of all workers get them. */
export class LastPackets {
  /** Workers that are gone, and of which nothing more arrives here. */
  private readonly gone = new Set<string>();
  /** By the tag of a worker of which something may still arrive here: those that want its last packets. */
  private readonly waiting = new Map<string, { readonly from: string; readonly last: LastOf['data'] }[]>();

  constructor(private readonly hub: Hub) {}

  /** A worker is gone, and everything that it has sent here has arrived. */
  left(origin: string): void {
    const { hub, gone, waiting } = this;
    gone.add(origin);
    const seen: Record<string, number> = {};
    for (const [ nsp, { log }] of hub.recoveries.byNamespace) {
      if (Object.hasOwn(log.seen, origin)) seen[nsp] = log.seen[origin];
    }
    if (Object.keys(seen).length > 0) hub.broadcast({ uid: hub.tag, nsp: '/', type: 'last-of', data: { origin, seen } });
    for (const { from, last } of waiting.get(origin) ?? []) this.sendRest(from, last);
    waiting.delete(origin);
  }

  receive({ uid, nsp, type, data }: Message & { type: 'last-of' | 'rest-of' }): void {
    const { gone, waiting } = this;
    if (type === 'rest-of') this.deliver(nsp, data.origin, data.row);
    else if (gone.has(data.origin)) this.sendRest(uid, data);
    else waiting.set(data.origin, [ ...waiting.get(data.origin) ?? [], { from: uid, last: data }]);
  }

  private sendRest(to: string, { origin, seen }: LastOf['data']): void {
    const { hub } = this;
    for (const [ nsp, last ] of Object.entries(seen)) {
      const packets = hub.recoveries.byNamespace.get(nsp)?.log.packets ?? [];
      const rest = packets.filter(packet => packet.origin === origin && packet.shared && packet.seq > last && packet.chunks.length > 0);
      // One by one: together they may be too large for a message.
      for (const packet of rest) hub.tell(to, { uid: hub.tag, nsp, type: 'rest-of', data: { origin, row: toRow(packet, {}) } });
    }
  }

  /** Delivers a packet as if its sender had sent it to this worker. */
  private deliver(nsp: string, uid: string, [ offset, , , rooms, except, chunks ]: Row): void {
    const { seq } = parseOffset(offset);
    // Several workers may send the same.
    if (seq <= (this.hub.recoveries.byNamespace.get(nsp)?.log.seen[uid] ?? Infinity)) return;
    const opts = { rooms: [ ...rooms ], except: [ ...except ], flags: {} };
    this.hub.receive({ uid, nsp, type: MessageType.BROADCAST, data: { opts, packet: chunks!, seq } });
  }
}
