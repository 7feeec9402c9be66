import assert from 'node:assert/strict';
import type { SocketIOTestClient } from '../../../lib/mock/typed';
import type { Command } from './server';
import type { Limit } from '../adapter_conformance';
import { type Ticket, ticketOf } from './ticket';
import type { Controlled, Event, World } from './world';

/** Breaks a client's connection, and waits until its server has noticed. */
async function drop(server: Controlled, client: SocketIOTestClient): Promise<Ticket> {
  const id = client.id!;
  client.socket.io.engine.close();
  await server.gone(id);
  // Once it is away, a client has no id.
  return { ...ticketOf(client), id };
}

/** Connects a client that says it was there before, as socket.io-client does. */
async function comeBack(server: Controlled, { pid, offset }: Ticket): Promise<SocketIOTestClient> {
  return server.connect([], { auth: { pid, offset } });
}

/** Without the offset, which stands last. */
function bare(events: readonly Event[]): Event[] {
  return events.map(event => event.slice(0, -1));
}

/** @param elsewhere - whether a session is recovered on all servers, or only on the one where it was */
export function describeRecovery(world: World, elsewhere: boolean, limits: readonly Limit[]): void {
  const routes = elsewhere ? [[ 0, 0 ], [ 0, 1 ], [ 1, 2 ]] : [[ 0, 0 ]];
  const last = () => world.servers.at(-1)!;

  for (const [ from, to ] of routes) {
    describe(`a client of server ${from} that comes back to server ${to}`, () => {
      it('has its id, rooms and data, and gets its missed packets in order', async () => {
        const [ old, next ] = [ world.servers[from], world.servers[to] ];
        const client = await old.connect([ 'a', 'b' ]);
        await old.io([ 'emit', 'before' ]);
        await client.next('before');
        const ticket = await drop(old, client);
        await old.run(
          { calls: [[ 'emit', 'to all', Buffer.from('x') ]] },
          { calls: [[ 'to', 'a' ], [ 'emit', 'to a', { n: null }]] },
          { calls: [[ 'to', 'c' ], [ 'emit', 'to c' ]] },
          { calls: [[ 'to', 'a' ], [ 'except', 'b' ], [ 'emit', 'not to b' ]] },
          ...limits.includes('volatile is recovered') ? [] : [ { calls: [[ 'volatile' ], [ 'emit', 'volatile' ]] } satisfies Command ],
          { calls: [[ 'to', ticket.id ], [ 'emit', 'private', new Date(0).toJSON() ]] },
        );
        const back = await comeBack(next, ticket);
        assert.equal(back.id, ticket.id);
        assert.deepEqual(bare((await world.heard(old, [ back ]))[0]), [
          [ 'to all', Buffer.from('x') ], [ 'to a', { n: null }], [ 'private', '1970-01-01T00:00:00.000Z' ],
        ]);
        const [ found ] = await world.servers[0].io([ 'in', ticket.id ], [ 'fetchSockets' ]) as { rooms: string[]; data: object }[];
        assert.deepEqual([ found.rooms, found.data ], [[ 'a', 'b' ], { at: from }]);
        await last().io([ 'to', 'b' ], [ 'emit', 'still there' ]);
        assert.deepEqual(bare((await world.heard(last(), [ back ]))[0]), [[ 'still there' ]]);
      });

      it('is recovered without missed packets, and again before it has got a new packet', async () => {
        const [ old, next ] = [ world.servers[from], world.servers[to] ];
        const ticket = await drop(old, await old.connect([ 'a' ]));
        const second = await comeBack(next, ticket);
        assert.deepEqual((await world.heard(next, [ second ]))[0], []);
        await last().io([ 'to', 'a' ], [ 'emit', 'lost' ]);
        await world.heard(last(), [ second ]);
        await drop(next, second);
        await old.io([ 'to', 'a' ], [ 'emit', 'late' ]);
        const third = await comeBack(last(), ticket);
        assert.equal(third.id, ticket.id);
        const names = (await world.heard(old, [ third ]))[0].map(([ name ]) => name as string);
        assert.deepEqual(names.filter(name => !name.startsWith('marker')), [ 'lost', 'late', 'ready' ]);
        assert.equal(names.length, 5, 'and the two markers');
      });

      it('gets missed packets that were sent to it alone', async () => {
        const [ old, next ] = [ world.servers[from], world.servers[to] ];
        const client = await old.connect();
        const other = await old.connect();
        await old.run({ socket: client.id, calls: [[ 'emit', 'one' ]] }, { socket: client.id, calls: [[ 'emit', 'two' ]] });
        await client.next('two');
        const ticket = await drop(old, client);
        // It has got these, and they are lost on the way.
        const first = (client.pending[0].args.at(-1)) as string;
        const back = await comeBack(next, { ...ticket, offset: first });
        assert.deepEqual(bare((await world.heard(next, [ back, other ]))[0]), [[ 'two' ]]);
        assert.deepEqual((await world.heard(next, [ other ]))[0], []);
      });
    });
  }

  // Socket.IO's own adapter gives it to all of them.
  if (elsewhere) {
    it('gives a session to exactly one of several clients that request it', async () => {
      const ticket = await drop(world.servers[0], await world.servers[0].connect([ 'a' ]));
      // One that comes later may take it over from one that has it, even before that one has got its first event.
      await Promise.allSettled([ ...world.servers, ...world.servers ].map(server => comeBack(server, ticket)));
      const present = await world.servers[0].io([ 'in', ticket.id ], [ 'fetchSockets' ]) as unknown[];
      assert.equal(present.length, 1);
    });
  }

  it('gives a new session to a client with a wrong or missing session id', async () => {
    const [ server ] = world.servers;
    const ticket = await drop(server, await server.connect([ 'a' ]));
    const wrong = [
      { pid: 'x' }, { pid: 'x'.repeat(10_000) }, { pid: '' }, { pid: '__proto__' }, { offset: 'x' }, { offset: '' },
      { offset: 'x'.repeat(10_000) }, { offset: `x${ticket.offset}` },
    ];
    for (const part of wrong) {
      const client = await comeBack(last(), { ...ticket, ...part });
      assert.notEqual(client.id, ticket.id);
      await client.close();
    }
    // Nobody has taken it.
    assert.equal((await comeBack(server, ticket)).id, ticket.id);
  });

  it('delivers each packet exactly once while the client changes servers and all servers send', async () => {
    const { servers } = world;
    const places = elsewhere ? servers : servers.slice(0, 1);
    const sent: number[][] = servers.map(() => []);
    const got: number[][] = servers.map(() => []);
    const sendAll = () => Promise.all(servers.map((server, s) => {
      const n = sent[s].length;
      sent[s].push(n, n + 1);
      return server.run({ calls: [[ 'emit', 'n', s, n ]] }, { calls: [[ 'to', 'a' ], [ 'emit', 'n', s, n + 1 ]] });
    }));
    const take = (client: SocketIOTestClient) => {
      for (const { event, args } of (client.pending as { event: string; args: number[] }[]).splice(0)) {
        if (event === 'n') got[args[0]].push(args[1]);
      }
    };

    let client = await servers[0].connect([ 'a' ]);
    const { id } = client;
    for (const at of [ 0, 1, 2, 2, 1, 0, 2, 0, 0, 1 ].map(i => i % places.length)) {
      const home = places.find(server => server.clients.includes(client))!;
      await sendAll();
      const [ ticket ] = await Promise.all([ drop(home, client), sendAll() ]);
      take(client);
      [ client ] = await Promise.all([ comeBack(places[at], ticket), sendAll() ]);
      assert.equal(client.id, id);
    }
    for (const server of servers) {
      const marker = `last of ${server.index}`;
      await server.io([ 'emit', marker ]);
      await client.next(marker);
    }
    take(client);
    assert.deepEqual(got, sent);
  });
}
