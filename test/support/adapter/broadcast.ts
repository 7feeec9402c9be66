import assert from 'node:assert/strict';
import { PAYLOADS, REFUSED } from './server';
import type { Limit } from '../adapter_conformance';
import { type World } from './world';

export function describeBroadcast(world: World, limits: readonly Limit[]): void {
  describe('a broadcast', () => {
    it('reaches each client of every server once, whichever server it comes from', async () => {
      const all = await world.connect();
      for (const server of world.servers) {
        await server.io([ 'emit', 'hi', 1, 'two' ]);
        assert.deepEqual(await world.heard(server, all), world.everybody([ 'hi', 1, 'two' ]));
      }
    });

    it('reaches polling clients', async () => {
      const all = await world.connect([], { transports: [ 'polling' ] });
      const [ server ] = world.servers;
      await server.io([ 'emit', 'hi', Buffer.from('binary') ]);
      assert.deepEqual(await world.heard(server, all), world.everybody([ 'hi', Buffer.from('binary') ]));
    });

    it('reaches a room, several rooms once each client, and no excluded room', async () => {
      const groups = [ await world.connect([ 'a' ]), await world.connect([ 'b' ]), await world.connect([ 'a', 'b' ]), await world.connect() ];
      const [ server ] = world.servers;
      const expect = async (...getIt: boolean[]) => {
        assert.deepEqual(await world.heard(server, groups.flat()), getIt.flatMap(gets => world.everybody(...gets ? [[ 'hi' ]] : [])));
      };
      await server.io([ 'to', 'a' ], [ 'emit', 'hi' ]);
      await expect(true, false, true, false);
      await server.io([ 'to', [ 'a', 'b' ]], [ 'emit', 'hi' ]);
      await expect(true, true, true, false);
      await server.io([ 'to', 'a' ], [ 'except', 'b' ], [ 'emit', 'hi' ]);
      await expect(true, false, false, false);
      await server.io([ 'except', [ 'a', 'b' ]], [ 'emit', 'hi' ]);
      await expect(false, false, false, true);
      await server.io([ 'to', 'nobody' ], [ 'emit', 'hi' ]);
      await expect(false, false, false, false);
    });

    it('of a socket reaches all clients but its own', async () => {
      const all = await world.connect([ 'room' ]);
      const [ server ] = world.servers;
      const [{ id: socket }, ...others ] = all;
      await server.run(
        { socket, calls: [[ 'broadcast' ], [ 'emit', 'one' ]] },
        { socket, calls: [[ 'to', 'room' ], [ 'emit', 'two' ]] },
      );
      assert.deepEqual(await world.heard(server, all), [[], ...others.map(() => [[ 'one' ], [ 'two' ]]) ]);
    });

    it('to the own room of a client reaches that client, on any server', async () => {
      const all = await world.connect();
      const [ server ] = world.servers;
      for (const client of all) {
        await server.io([ 'to', client.id ], [ 'emit', 'private' ]);
        assert.deepEqual(await world.heard(server, all), all.map(other => (other === client ? [[ 'private' ]] : [])));
      }
    });

    it('with local stays on its server', async () => {
      const all = await world.connect();
      for (const server of world.servers) {
        await server.io([ 'local' ], [ 'emit', 'hi' ]);
        assert.deepEqual(await world.heard(server, all), world.servers.map(other => (other === server ? [[ 'hi' ]] : [])));
      }
    });

    it('with volatile reaches clients that are ready, and with compress all clients', async () => {
      const all = await world.connect();
      const [ server ] = world.servers;
      const text = 'x'.repeat(2000);
      await server.io([ 'volatile' ], [ 'emit', 'hi' ]);
      await server.io([ 'compress', false ], [ 'emit', 'hello', text ]);
      assert.deepEqual(await world.heard(server, all), world.everybody([ 'hi' ], [ 'hello', text ]));
    });

    it('keeps the order of its sender', async () => {
      const all = await world.connect([ 'a' ]);
      const [ server ] = world.servers;
      const numbers = Array.from({ length: 100 }, (_, i) => i);
      await server.run(...numbers.map(i => {
        const emit = [ 'emit', 'n', i, ...i % 5 === 0 ? [{ payload: 'a Buffer' }] : [] ] as const;
        return { calls: i % 3 === 0 ? [ [ 'to', 'a' ] as const, emit ] : [ emit ] };
      }));
      const events = await world.heard(server, all);
      assert.deepEqual(events.map(of => of.map(event => event[1])), world.servers.map(() => numbers));
    });

    it('keeps its order among packets for a single client', async () => {
      const all = await world.connect();
      const [ server ] = world.servers;
      const client = await server.connect();
      await server.run(
        { calls: [[ 'emit', 'one' ]] },
        { socket: client.id, calls: [[ 'emit', 'two' ]] },
        { calls: [[ 'emit', 'three' ]] },
      );
      // Those of the other servers too: what comes to them later would be heard by the clients of the next test.
      const [ events, ...others ] = await world.heard(server, [ client, ...all ]);
      assert.deepEqual(events, [[ 'one' ], [ 'two' ], [ 'three' ]]);
      assert.deepEqual(others, all.map(() => [[ 'one' ], [ 'three' ]]));
    });

    it('respects rooms that were joined and left before it in the same turn', async () => {
      const all = await world.connect();
      const [ server ] = world.servers;
      await server.run(
        { calls: [[ 'socketsJoin', 'new' ]] },
        { calls: [[ 'to', 'new' ], [ 'emit', 'one' ]] },
        { calls: [[ 'socketsLeave', 'new' ]] },
        { calls: [[ 'to', 'new' ], [ 'emit', 'two' ]] },
      );
      assert.deepEqual(await world.heard(server, all), world.everybody([ 'one' ]));
    });
  });

  describe('a payload', () => {
    for (const [ payload, { expected }] of Object.entries(PAYLOADS)) {
      if (payload === 'half a character' && limits.includes('half characters')) continue;
      if (REFUSED.has(payload) && limits.includes('values that JSON loses')) continue;
      it(`arrives unchanged on every server: ${payload}`, async () => {
        const all = await world.connect();
        const [ server ] = world.servers;
        await server.io([ 'emit', 'payload', { payload }]);
        assert.deepEqual(await world.heard(server, all), world.everybody([ 'payload', expected ]));
      });
    }

    it('arrives unchanged on every server if an ack is requested', async () => {
      for (const client of await world.connect()) client.socket.on('ask', (...args) => (args.pop() as (ack: unknown) => void)(args));
      const payloads = [ 'a Date', 'a Buffer', 'undefined', 'an object with toJSON', 'a Uint16Array' ];
      const replies = await world.servers[0].io([ 'timeout', 5000 ], [ 'emitWithAck', 'ask', ...payloads.map(payload => ({ payload })) ]);
      assert.deepEqual(replies, world.servers.map(() => payloads.map(payload => PAYLOADS[payload].expected)));
    });
  });
}
