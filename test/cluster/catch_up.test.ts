import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mock } from 'node:test';
import { catchUp } from '../../lib/adapter/recovery/catch_up';
import type { Client } from '../../lib/internals/socket_io';
import { SocketIOTestClient } from '../../lib/mock/typed';
import { withAttackedApp } from '../support/attacked_app';

/** A connection whose client takes what is written when it is told to. */
class Connection extends EventEmitter {
  readyState = 'open';
  readonly written: unknown[] = [];
  readonly transport = {};
  private taken: (() => void) | undefined;

  write(chunk: unknown, _options: object, callback?: () => void): void {
    this.written.push(chunk);
    this.taken = callback ?? this.taken;
  }

  take(): void {
    const { taken } = this;
    this.taken = undefined;
    taken?.();
  }

  close(): void {
    this.readyState = 'closed';
    this.emit('close');
  }
}

function createClient(): Client & { conn: Connection } {
  const conn = new Connection();
  return {
    conn,
    writeToEngine: (chunks, options) => (chunks as unknown[]).forEach(chunk => conn.write(chunk, options)),
    close: () => conn.close(),
  };
}

/** A message that fills a portion. */
const large = (name: string) => name.padEnd(256 * 1024, '.');
const namesOf = ({ conn }: { conn: Connection }) => conn.written.map(chunk => String(chunk).slice(0, 10).replace(/\.+$/, ''));

describe('test/cluster/catch_up.test.ts', () => {
  it('writes the answer to the CONNECT, then the missed packets in portions as the client reads, then newer packets', () => {
    const client = createClient();
    const { writeToEngine, close } = client;
    catchUp(client, [[ large('one') ], [ large('two'), 'attached' ], [ 'three' ]]);
    client.writeToEngine([ 'connect' ], {});
    client.writeToEngine([ 'new' ], {});
    assert.deepEqual(namesOf(client), [ 'connect', 'one' ]);
    client.conn.take();
    assert.deepEqual(namesOf(client), [ 'connect', 'one', 'two', 'attached' ]);
    client.writeToEngine([ 'newer' ], {});
    client.conn.take();
    assert.deepEqual(namesOf(client), [ 'connect', 'one', 'two', 'attached', 'three', 'new', 'newer' ]);
    assert.deepEqual([ client.writeToEngine, client.close ], [ writeToEngine, close ], 'it costs nothing from then on');
  });

  it('writes few missed packets at once, and does nothing for a client that has missed none', () => {
    const client = createClient();
    const { writeToEngine } = client;
    catchUp(client, []);
    assert.equal(client.writeToEngine, writeToEngine);
    catchUp(client, [[ 'one' ], [ 'two' ]]);
    client.writeToEngine([ 'connect' ], {});
    assert.deepEqual(namesOf(client), [ 'connect', 'one', 'two' ]);
    assert.equal(client.writeToEngine, writeToEngine);
  });

  it('keeps the order of two namespaces on one connection, and drops volatile packets', () => {
    const client = createClient();
    catchUp(client, [[ large('one') ], [ 'two' ]]);
    client.writeToEngine([ 'connect' ], {});
    catchUp(client, [[ 'three' ]]);
    client.writeToEngine([ 'connect b' ], {});
    client.writeToEngine([ 'position' ], { volatile: true });
    client.conn.take();
    assert.deepEqual(namesOf(client), [ 'connect', 'one', 'two', 'connect b', 'three' ]);
  });

  it('writes all packets before the app closes the connection', () => {
    const client = createClient();
    catchUp(client, [[ large('one') ], [ large('two') ]]);
    client.writeToEngine([ 'connect' ], {});
    client.writeToEngine([ 'last' ], {});
    client.close();
    assert.deepEqual(namesOf(client), [ 'connect', 'one', 'two', 'last' ]);
    assert.equal(client.conn.readyState, 'closed');
  });

  for (const [ what, provoke ] of Object.entries<(client: Client, timeOut: () => void) => void>({
    'that takes nothing for ten seconds': (_client, timeOut) => timeOut(),
    'for which very much comes meanwhile': client => { for (let i = 0; i < 200; i++) client.writeToEngine([ large('new') ], {}); },
  })) {
    it(`closes the connection of a client ${what}`, async () => {
      const { setTimeout: original } = globalThis;
      const timers: [ () => void, number ][] = [];
      mock.method(globalThis, 'setTimeout', (run: () => void, ms: number) => {
        timers.push([ run, ms ]);
        return original(() => undefined, 0);
      });
      try {
        const client = createClient();
        catchUp(client, [[ large('one') ], [ 'two' ]]);
        client.writeToEngine([ 'connect' ], {});
        const closed = once(client.conn, 'close');
        provoke(client, () => {
          assert.deepEqual(timers.map(([ , ms ]) => ms), [ 10_000 ]);
          timers[0][0]();
        });
        await closed;
      } finally {
        mock.restoreAll();
      }
    });
  }

  for (const transports of [[ 'websocket' ], [ 'polling' ], [ 'polling', 'websocket' ]]) {
    it(`a client that has missed more than bufferedBytes gets every packet once and in order: ${transports.join()}`, async () => {
      const config = '{ connectionStateRecovery: true, limits: { bufferedBytes: 1000000 } }';
      await withAttackedApp(config, async ({ port, io, refused, last }) => {
        const client = await new SocketIOTestClient({ port, transports }).connect();
        const { id } = client;
        const gone = once(last(), 'disconnect');
        client.socket.io.engine.close();
        await gone;
        const text = 'x'.repeat(100_000);
        for (let i = 0; i < 100; i++) io.emit('news', i, text);
        await client.connect();
        const { conn } = last() as unknown as { conn: { writeBuffer: { data?: string }[] } };
        io.emit('news', 100, '');
        for (let i = 0; i <= 100; i++) {
          assert.equal((await client.next('news'))[0], i);
          const waiting = conn.writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
          assert.ok(waiting < 500_000, `${waiting} bytes`);
        }
        await client.sendWithAck('echo');
        assert.deepEqual(client.pending, []);
        assert.deepEqual([ client.id, client.socket.recovered ], [ id, true ]);
        assert.equal((await refused()).bufferedBytes, 0);
        await client.close();
      });
    });
  }
});
