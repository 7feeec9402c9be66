import assert from 'node:assert/strict';
import { useApp } from '../support/app';
import { nextConsoleLine } from './console';

describe('test/reference/service.test.ts', () => {
  const t = useApp('reference_service');

  describe('Socket.io 工作原理 (how Socket.IO works)', () => {
    it('hands out session id, upgrades and heartbeat in the first answer over HTTP', async () => {
      const client = await t.connect({ transports: [ 'polling' ] });
      const { engine } = client.socket.io as unknown as { engine: { hostname: string; port: string } };
      const response = await fetch(`http://${engine.hostname}:${engine.port}/socket.io/?EIO=4&transport=polling`);
      const { sid, ...rest } = JSON.parse((await response.text()).slice(1));
      assert.equal(typeof sid, 'string');
      assert.deepEqual(rest, { upgrades: [ 'websocket' ], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1e6 });
    });

    it('begins with HTTP and moves on to WebSocket', async () => {
      const client = await t.connect({ namespace: '/named' });
      const { engine } = client.socket.io;
      if (engine.transport.name !== 'websocket') {
        assert.equal(engine.transport.name, 'polling');
        await new Promise(resolve => { engine.once('upgrade', resolve); });
      }
      assert.equal(engine.transport.name, 'websocket');
      t.app.io.of('/named').emit('over', 'WebSocket');
      assert.deepEqual(await client.next('over'), [ 'WebSocket' ]);
    });
  });

  describe('提供 Socket 服务 (offering a socket service)', () => {
    it('takes connections to the namespace of a controller', async () => {
      const client = await t.connect();
      assert.ok(client.connected);
    });

    it('calls @OnWSConnection() for each client, with the socket in ctx', async () => {
      for (let i = 0; i < 2; i++) {
        const line = nextConsoleLine();
        const client = await t.connect();
        assert.deepEqual(await line, [ 'a client is here:', client.id ]);
      }
    });

    it('takes a string as the namespace', async () => {
      const client = await t.connect({ namespace: '/named' });
      assert.deepEqual(await client.next('welcome'), [ 'named', '/named', client.id ]);
    });

    it('takes a regular expression as the namespace', async () => {
      const client = await t.connect({ namespace: '/room-101' });
      assert.deepEqual(await client.next('welcome'), [ 'pattern', '/room-101', client.id ]);
    });

    it('refuses a namespace that no controller has', async () => {
      await assert.rejects(t.connect({ namespace: '/room-x' }), { message: 'Invalid namespace' });
    });
  });
});
