import assert from 'node:assert/strict';
import type { Command } from '../support/adapter/server';
import { type Ticket, ticketOf } from '../support/adapter/ticket';
import { Controlled } from '../support/adapter/world';
import { ClusterProcess } from '../support/cluster_process';
import { SocketIOTestClient } from '../../lib/mock/typed';
import { needsRedis, RedisServer } from '../support/redis';

const WORKERS = 2;
const CLIENTS = 12;

/** A cluster of Egg processes, which stands for a machine. */
class Machine {
  private constructor(readonly cluster: ClusterProcess, readonly workers: readonly Controlled[]) {}

  static async start(redis: string, first: number): Promise<Machine> {
    const cluster = await ClusterProcess.start({
      fixture: 'machine', workers: WORKERS,
      variables: { FIXTURE_REDIS: JSON.stringify({ url: redis, kind: 'streams' }), FIXTURE_RECOVERY: 'true', FIXTURE_FIRST: `${first}` },
    });
    const workers = await Promise.all(Array.from({ length: WORKERS }, async (_, i) => {
      const { port } = await cluster.hear('worker', 0, ({ name }) => Number(name) === first + i);
      return Controlled.of({ connect: options => new SocketIOTestClient({ ...options, port: port! }).connect() }, first + i);
    }));
    return new Machine(cluster, workers);
  }
}

function eventsOf({ pending }: SocketIOTestClient): unknown[] {
  return (pending as { event: string; args: unknown[] }[]).filter(({ event }) => event !== 'ready').map(({ event, args: [ number ] }) => [ event, number ]);
}

describe('test/redis/killed_machine.test.ts', function() {
  this.timeout(120_000);
  needsRedis();
  let redis: RedisServer;
  let killed: Machine;
  let left: Machine;
  before(async () => {
    redis = await RedisServer.start();
    [ killed, left ] = await Promise.all([ Machine.start(redis.url, 0), Machine.start(redis.url, WORKERS) ]);
  });
  after(async () => {
    await left?.cluster.stop();
    await redis?.close();
  });

  it('the clients of a machine that is killed are recovered on another one: id, rooms, data, and each packet once and in order', async () => {
    const clients = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => killed.workers[i % WORKERS].connect([ `room ${i}` ], {
      transports: [ i % 3 === 0 ? 'polling' : 'websocket' ], reconnection: false,
    })));
    const ids = clients.map(({ id }) => id!);
    // The data changes later than the connection.
    await Promise.all(clients.map((_, i) => killed.workers[i % WORKERS].run(
      { socket: ids[i], calls: [[ 'join', `late ${i}` ]] }, { socket: ids[i], calls: [[ 'emit', 'own', i ]] },
    )));
    await Promise.all(clients.map(client => client.next('own')));

    let number = 0;
    let isOver = false;
    const sending = (async () => {
      while (!isOver) {
        number += 1;
        const toRooms = ids.map((_, i): Command => ({ calls: [[ 'to', `late ${i}` ], [ 'emit', 'late', number ]] }));
        await left.workers[0].run({ calls: [[ 'emit', 'tick', number ]] }, ...toRooms);
      }
    })();
    // Takes the first tick from what `eventsOf` returns.
    await Promise.all(clients.map(client => client.next('tick')));
    await killed.cluster.kill();
    const tickets: Ticket[] = clients.map(ticketOf);
    const before = clients.map(eventsOf);
    const back = await Promise.all(tickets.map(({ pid, offset }, i) => (
      left.workers[(i + 1) % WORKERS].connect([], { auth: { pid, offset } })
    )));
    isOver = true;
    await sending;
    await left.workers[0].io([ 'emit', 'end' ]);
    await Promise.all(back.map(client => client.next('end')));

    back.forEach((client, i) => {
      assert.equal(client.id, ids[i], 'it is recovered');
      const got = [[ 'tick', 1 ], ...before[i], ...eventsOf(client) ];
      const ticks = Array.from({ length: number }, (_, n) => [[ 'tick', n + 1 ], [ 'late', n + 1 ]]).flat();
      assert.deepEqual(got, ticks);
    });
    const sockets = await left.workers[0].io([ 'fetchSockets' ]) as { id: string; rooms: string[]; data: object }[];
    assert.deepEqual(
      ids.map(id => sockets.find(socket => socket.id === id)).map(socket => [ socket?.rooms, socket?.data ]),
      ids.map((_, i) => [[ `late ${i}`, `room ${i}` ], { at: i % WORKERS }]),
    );
  });
});
