import assert from 'node:assert/strict';
import { Budget } from '../../lib/adapter/recovery/budget';
import { lastStretch, newOf } from '../../lib/adapter/recovery/client_path';
import { placeOfPacket } from '../../lib/adapter/recovery/packet_index';
import { type Logged, offsetOf, PacketLog } from '../../lib/adapter/recovery/packet_log';
import { Recovery } from '../../lib/adapter/recovery/recovery';
import { randomOf } from '../support/histories/villain';

const ORIGIN = 'worker-1';

/** Rooms that count how often they are compared with those of a socket. */
class CountedRooms extends Array<string> {
  static count = 0;

  override some(...args: Parameters<string[]['some']>): boolean {
    CountedRooms.count += 1;
    return super.some(...args);
  }
}

function packet(seq: number, rooms: string[]): Logged {
  return { offset: offsetOf(ORIGIN, seq), origin: ORIGIN, seq, rooms, except: [], chunks: [ `${seq}` ], shared: false, at: seq };
}

describe('test/cluster/packet_index.test.ts', () => {
  it('finds the same packets as a look at each of them, while the log grows and forgets', () => {
    const random = randomOf(7);
    const most = (count: number) => Math.floor(random() * count);
    const log = new PacketLog(new Budget(Infinity));
    const room = () => `room ${most(20)}`;
    let seq = 0;
    for (let round = 0; round < 400; round++) {
      for (let i = most(30); i > 0; i--) log.add(packet(++seq, [[], [ room() ], [ room() ], [ room(), room() ]][most(4)]));
      if (most(4) === 0) log.forget(seq - most(600));
      const { packets, first } = log;
      const rooms = new Set([ room(), room() ]);
      const from = most(packets.length + 1);
      const expected = packets.filter(({ rooms: own }, i) => i >= from && (own.length === 0 || own.some(each => rooms.has(each))));
      const found = newOf(lastStretch(log, { joined: 0 }), from, rooms);
      assert.deepEqual(found.map(({ seq: each }) => each), expected.map(({ seq: each }) => each));
      const wanted = offsetOf(ORIGIN, Math.max(1, seq - most(700)));
      assert.equal(placeOfPacket({ packets, first }, wanted), packets.findIndex(({ offset }) => offset === wanted));
    }
  });

  it('looks only at the packets for a client when all clients of a worker come back, not at those for the others', () => {
    const recovery = new Recovery({ duration: 60_000, heartbeat: () => 45_000 }, new Budget(Infinity));
    const sids = Array.from({ length: 200 }, (_, i) => `client ${i}`);
    for (const sid of sids) {
      recovery.connected(sid, `pid of ${sid}`, new Set([ sid ]));
      recovery.keep({ sid, pid: `pid of ${sid}`, rooms: [ sid ], data: {} }, 0);
      recovery.gone(sid);
    }
    for (let seq = 0; seq < 10 * sids.length; seq++) recovery.record(packet(seq, CountedRooms.from([ sids[seq % sids.length] ])));
    CountedRooms.count = 0;
    for (const sid of sids) assert.equal(recovery.give(`pid of ${sid}`, undefined)?.packets.length, 10);
    assert.ok(CountedRooms.count <= 10 * sids.length, `${CountedRooms.count} packets`);
  });
});
