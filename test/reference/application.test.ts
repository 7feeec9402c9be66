import assert from 'node:assert/strict';
import { useApp } from '../support/app';

describe('test/reference/application.test.ts', () => {
  const t = useApp('reference_io');

  describe('Appliation（io 对象） (the application is the io object)', () => {
    it('is what @App() injects and what app.io is', async () => {
      const client = await t.connect();
      assert.deepEqual(await client.sendWithAck('sockets'), (await t.app.io.fetchSockets()).map(socket => socket.id));
    });

    it('fetches all sockets', async () => {
      const clients = await Promise.all([ t.connect(), t.connect(), t.connect() ]);
      const ids = await clients[0].sendWithAck<string[]>('sockets');
      assert.deepEqual(ids.sort(), clients.map(client => client.id).sort());
    });

    it('fetches the sockets of a room', async () => {
      const clients = await Promise.all([ t.connect(), t.connect(), t.connect() ]);
      await Promise.all(clients.slice(1).map(client => client.sendWithAck('join', 'room1')));
      const ids = await clients[0].sendWithAck<string[]>('sockets in', 'room1');
      assert.deepEqual(ids.sort(), clients.slice(1).map(client => client.id).sort());
    });

    it('fetches the socket of an id', async () => {
      const clients = await Promise.all([ t.connect(), t.connect() ]);
      assert.deepEqual(await clients[0].sendWithAck('sockets in', clients[1].id), [ clients[1].id ]);
    });

    it('fetches nothing where nobody is', async () => {
      const client = await t.connect();
      assert.deepEqual(await client.sendWithAck('sockets in', 'an empty room'), []);
    });
  });

  describe('接入已有的 HTTP 服务 (with an HTTP service that is there already)', () => {
    it("answers HTTP and sockets in one app, without a port of Socket.IO's own", async () => {
      const client = await t.connect();
      await t.app.httpRequest().get('/user').expect(200, 'done');
      assert.ok(client.connected);
    });
  });

  describe('多框架场景 (from the other framework)', () => {
    it('reaches the clients of a namespace from an HTTP controller', async () => {
      const clients = await Promise.all([ t.connect(), t.connect() ]);
      await t.app.httpRequest().get('/user').expect(200, 'done');
      for (const client of clients) assert.deepEqual(await client.next('hi'), [ 'everyone' ]);
    });
  });

  describe('常见 API (common API)', () => {
    it('获取连接数 (counts connections)', async () => {
      const clients = await Promise.all([ t.connect(), t.connect() ]);
      assert.deepEqual(await clients[0].sendWithAck('count'), { connections: 2, sockets: 2 });
      // One more connection that is not in the namespace: there is no controller for it.
      const elsewhere = t.app.io.of('/elsewhere');
      const third = await t.connect({ namespace: '/elsewhere' });
      assert.deepEqual(await clients[0].sendWithAck('count'), { connections: 3, sockets: 2 });
      assert.deepEqual([ ...elsewhere.sockets.keys() ], [ third.id ]);
    });

    it('修改 sid 生成 (replaces how session ids are made, at run time)', async () => {
      const { engine } = t.app.io;
      const { generateId } = engine;
      try {
        const client = await t.connect();
        await client.sendWithAck('name sessions', 'mine');
        const sessions = [ await t.connect(), await t.connect() ].map(later => later.socket.io.engine.id);
        assert.equal(new Set(sessions).size, 2);
        for (const session of sessions) assert.match(session, /mine-[12]/);
      } finally {
        engine.generateId = generateId;
      }
    });
  });
});
