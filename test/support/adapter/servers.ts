import assert from 'node:assert/strict';
import type { SocketIOTestClient } from '../../../lib/mock/typed';
import type { Limit } from '../adapter_conformance';
import { answer, type Controlled, type World } from './world';

/** Milliseconds. A test that waits for this one fails. */
const NEVER = 100_000;

/** What makes no sense with one server. */
export function describeServers(world: World, limits: readonly Limit[]): void {
  /** Of one client on each server, those of the other servers. */
  const others = (server: Controlled, all: readonly SocketIOTestClient[]) => all.filter((_, i) => world.servers[i] !== server);

  describe('between servers', () => {
    it('an event reaches all others', async () => {
      const all = await world.connect();
      for (const server of world.servers) {
        await server.io([ 'serverSideEmit', 'note', 1, 'two', { three: [ null ] }]);
        for (const client of others(server, all)) assert.deepEqual(await client.next('noted'), [ 1, 'two', { three: [ null ] }]);
        assert.deepEqual(await world.heard(server, all), world.everybody());
      }
    });

    if (!limits.includes('events between servers have an order of their own')) {
      it('an event arrives before later broadcasts', async () => {
        const all = await world.connect();
        for (const server of world.servers) {
          await server.io([ 'serverSideEmit', 'note', 1 ]);
          assert.deepEqual(await world.heard(server, all), world.servers.map(other => (other === server ? [] : [[ 'noted', 1 ]])));
        }
      });
    }

    it('an event is acked by all other servers', async () => {
      for (const server of world.servers) {
        const answers = await server.io([ 'serverSideEmitWithAck', 'who', 'server-' ]) as string[];
        assert.deepEqual(answers.sort(), world.servers.filter(other => other !== server).map(({ index }) => `server-${index}`));
      }
    });

    it('binary data arrives unchanged, in events and acks', async () => {
      const all = await world.connect();
      await world.servers[0].io([ 'serverSideEmit', 'note', Buffer.from('x') ]);
      for (const client of others(world.servers[0], all)) assert.deepEqual(await client.next('noted'), [ Buffer.from('x') ]);
      assert.deepEqual(await world.heard(world.servers[0], all), world.everybody());
    });
  });

  describe('a dynamic namespace that one of the servers does not have', () => {
    const nsp = '/dynamic-a';

    it('works between the other servers, and nobody waits for that one', async () => {
      const [ first, second ] = world.servers;
      const a = await first.connect([ 'a' ], { namespace: nsp });
      const b = await second.connect([ 'b' ], { namespace: nsp });
      const elsewhere = await Promise.all([ first, second ].map(server => server.connect([ 'a', 'b' ])));
      answer(a, 'from a');
      answer(b, 'from b');

      await first.run({ nsp, calls: [[ 'emit', 'hi' ]] }, { nsp, calls: [[ 'to', 'b' ], [ 'emit', 'to b' ]] });
      assert.deepEqual(await world.heard(first, [ a, b ], nsp), [[[ 'hi' ]], [[ 'hi' ], [ 'to b' ]]]);
      assert.deepEqual(await world.heard(first, elsewhere), [[], []]);

      const sockets = await first.run({ nsp, calls: [[ 'fetchSockets' ]] }) as { id: string }[];
      assert.deepEqual(sockets.map(({ id }) => id).sort(), [ a.id, b.id ].sort());
      const replies = await first.run({ nsp, calls: [[ 'timeout', NEVER ], [ 'emitWithAck', 'ask' ]] }) as string[];
      assert.deepEqual(replies.sort(), [ 'from a', 'from b' ]);
      assert.deepEqual(await first.run({ nsp, calls: [[ 'serverSideEmitWithAck', 'who', '' ]] }), [ '1' ]);

      await first.run({ nsp, calls: [[ 'socketsJoin', 'all' ]] }, { nsp, calls: [[ 'to', 'all' ], [ 'emit', 'to all' ]] });
      assert.deepEqual((await world.heard(first, [ a, b ], nsp)).map(events => events.at(-1)), [[ 'to all' ], [ 'to all' ]]);
    });
  });
}
