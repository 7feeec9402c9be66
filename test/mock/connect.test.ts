import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type ClientOptions, createSocketIOClient, SocketIOTestClient } from 'egg-socketio/mock';
import { freePort } from '../support/free_port';
import { type RunningApp, startOnEggServer } from '../support/server';

describe('test/mock/connect.test.ts', () => {
  let server: RunningApp;
  let port: number;
  before(async () => {
    server = await startOnEggServer('reference_client');
    port = Number(new URL(server.url).port);
  });
  after(() => server.stop());

  describe('createSocketIOClient() connects', () => {
    const ways: Record<string, () => ClientOptions> = {
      'by port': () => ({ port }),
      'by a port that is a string': () => ({ port: String(port) }),
      'by host, port and protocol': () => ({ protocol: 'http', host: '127.0.0.1', port }),
      'with ws: for the protocol': () => ({ protocol: 'ws', port, transports: [ 'websocket' ] }),
      'by url': () => ({ url: server.url }),
      'by url with a slash at its end': () => ({ url: `${server.url}/` }),
      'over HTTP alone': () => ({ port, transports: [ 'polling' ] }),
    };
    for (const [ way, options ] of Object.entries(ways)) {
      it(way, async () => {
        const client = await createSocketIOClient({ path: '/clientPath', ...options() });
        assert.equal(client.connected, true);
        assert.equal(await client.sendWithAck('echo', way), way);
        assert.ok(server.app.io.of('/').sockets.has(client.id!));
        await client.close();
      });
    }

    for (const namespace of [ 'guarded', '/guarded' ]) {
      it(`to the namespace '${namespace}', with query and auth`, async () => {
        const client = await createSocketIOClient({ port, path: '/clientPath', namespace, auth: { token: 'good' } });
        assert.deepEqual(await client.sendWithAck('who'), { token: 'good' });
        await client.close();
      });
    }

    it('with query and auth', async () => {
      const client = await createSocketIOClient({ port, path: '/clientPath', query: { name: 'harry' }, auth: { token: 'any' } });
      assert.deepEqual(await client.sendWithAck('who'), { auth: { token: 'any' }, name: 'harry', namespace: '/' });
      await client.close();
    });

    it('with an auth that is a function', async () => {
      const auth = (give: (data: object) => void) => give({ token: 'good' });
      const client = await createSocketIOClient({ port, path: '/clientPath', namespace: '/guarded', auth });
      assert.deepEqual(await client.sendWithAck('who'), { token: 'good' });
      await client.close();
    });

    it('and leaves its options as they are', async () => {
      const options = Object.freeze({ port, path: '/clientPath', auth: Object.freeze({ a: 1 }), query: Object.freeze({ b: '2' }) });
      const client = await createSocketIOClient(options);
      assert.deepEqual(options, { port, path: '/clientPath', auth: { a: 1 }, query: { b: '2' } });
      await client.close();
    });

    it('with a new connection each time, unless connections may be shared', async () => {
      const apart = await Promise.all([ 0, 1 ].map(() => createSocketIOClient({ port, path: '/clientPath' })));
      assert.notEqual(apart[0].socket.io, apart[1].socket.io);
      const shared = { port, path: '/clientPath', forceNew: false };
      const main = await createSocketIOClient(shared);
      const guarded = await createSocketIOClient({ ...shared, namespace: '/guarded', auth: { token: 'good' } });
      assert.equal(main.socket.io, guarded.socket.io);
      await main.close();
      assert.deepEqual(await guarded.sendWithAck('who'), { token: 'good' });
      await Promise.all([ guarded, ...apart ].map(client => client.close()));
    });

    it('and a client may be connected again after it was closed', async () => {
      const client = await createSocketIOClient({ port, path: '/clientPath' });
      assert.equal(await client.connect(), client);
      const first = client.id;
      await client.close();
      await client.connect();
      assert.notEqual(client.id, first);
      assert.equal(await client.sendWithAck('echo', 1), 1);
      await client.close();
    });
  });

  describe('createSocketIOClient() rejects', () => {
    it('with message and data if connection middleware refuses', async () => {
      await assert.rejects(createSocketIOClient({ port, path: '/clientPath', namespace: '/guarded', auth: { token: 'bad' } }), {
        message: 'who are you?', data: { code: 'UNAUTHORIZED', details: { wanted: 'a token' } },
      });
    });

    it('if the namespace does not exist', async () => {
      await assert.rejects(createSocketIOClient({ port, path: '/clientPath', namespace: '/nowhere' }), { message: 'Invalid namespace' });
    });

    for (const transport of [ 'polling', 'websocket' ]) {
      it(`if nobody listens on the port, over ${transport}`, async () => {
        await assert.rejects(createSocketIOClient({ port: await freePort(), transports: [ transport ] }), { type: 'TransportError' });
      });
    }

    for (const transport of [ 'polling', 'websocket' ]) {
      it(`if the server does not answer, over ${transport}`, async () => {
        const silent = createServer().listen(0, '127.0.0.1');
        await once(silent, 'listening');
        const { port: silentPort } = silent.address() as AddressInfo;
        const called = once(silent, 'connection') as Promise<[ Socket ]>;
        await assert.rejects(createSocketIOClient({ port: silentPort, transports: [ transport ], waitTimeout: 100 }),
          { message: `not connected to 127.0.0.1:${silentPort} within 100 ms` });
        (await called)[0].destroy();
        silent.close();
        await once(silent, 'close');
      });
    }

    it('and does not try to connect again', async () => {
      const client = new SocketIOTestClient({ port, path: '/clientPath', namespace: '/guarded', reconnection: true });
      await assert.rejects(client.connect(), { message: 'who are you?' });
      assert.deepEqual([ client.connected, client.socket.active, client.id ], [ false, false, undefined ]);
      await client.close();
    });

    it('and also calls listeners of connect_error', async () => {
      const client = new SocketIOTestClient({ port, path: '/clientPath', namespace: '/guarded' });
      const told = once(client, 'connect_error');
      const rejection = await client.connect().catch((error: Error) => error);
      assert.deepEqual(await told, [ rejection ]);
      await client.close();
    });
  });

  describe('close()', () => {
    for (const transport of [ 'polling', 'websocket' ]) {
      it(`closes the connection, so that the server sees it, over ${transport}`, async () => {
        const client = await createSocketIOClient({ port, path: '/clientPath', transports: [ transport ] });
        const socket = server.app.io.of('/').sockets.get(client.id!)!;
        const disconnected = once(socket, 'disconnect');
        const closed = once(socket.conn, 'close');
        await client.close();
        assert.equal(client.connected, false);
        assert.equal((await disconnected)[0], 'client namespace disconnect');
        await closed;
        assert.equal(server.app.io.engine.clientsCount, 0);
      });
    }

    it('may be called twice, and on a client that was never connected', async () => {
      const client = await createSocketIOClient({ port, path: '/clientPath' });
      await Promise.all([ client.close(), client.close() ]);
      await client.close();
      await new SocketIOTestClient({ port }).close();
    });

    it('may follow a disconnect by the server', async () => {
      const client = await createSocketIOClient({ port, path: '/clientPath' });
      const disconnected = once(client, 'disconnect');
      client.send('never acks and leaves');
      assert.match(String((await disconnected)[0]), /io server disconnect|transport close/);
      await client.close();
    });
  });
});
