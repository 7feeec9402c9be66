import assert from 'node:assert/strict';
import { createSocketIOClient } from 'egg-socketio/mock';
import { io } from 'socket.io-client';
import { CountingAdapter } from '../fixtures/apps/reference_options/config/config.default';
import { RawWebSocket } from '../support/protocol/raw_websocket';
import { type RunningApp, startOnOwnPort } from '../support/server';

const ORIGIN = 'http://localhost:8080';

describe('test/reference/options.test.ts', () => {
  let server: RunningApp & { port: number };
  before(async () => { server = await startOnOwnPort('reference_options', 'REFERENCE_PORT'); });
  after(() => server.stop());

  describe('启动服务 (starting the service)', () => {
    it("listens on its port, and leaves Egg's own server alone", async () => {
      const response = await fetch(`${server.url}/testPath/?EIO=4&transport=polling`);
      assert.equal(response.status, 200);
      await server.app.httpRequest().get('/testPath/?EIO=4&transport=polling').expect(404);
    });
  });

  describe('多进程 / 框架选项 (many processes, options)', () => {
    it('path', async () => {
      assert.equal((await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`)).status, 404);
    });

    it('adapter', async () => {
      const { adapter } = server.app.io.of('/test') as unknown as { adapter: CountingAdapter };
      assert.ok(adapter instanceof CountingAdapter);
      const before = adapter.broadcasts;
      server.app.io.of('/test').emit('to all');
      assert.equal(adapter.broadcasts, before + 1);
    });

    it('connectTimeout', async () => {
      const socket = await RawWebSocket.open(`${server.url}/testPath/?EIO=4&transport=websocket`);
      await socket.next();
      await assert.rejects(socket.next(), /^Error: closed/);
    });
  });

  describe('常见问题：服务端/客户端没连上，没响应 (questions: the client does not connect)', () => {
    it('port, path and namespace of the test client are those of the server', async () => {
      const client = await createSocketIOClient({ port: server.port, path: '/testPath', namespace: '/test' });
      assert.equal(await client.sendWithAck('myEvent', 'here'), 'here');
      await client.close();
    });

    it('port, path and namespace of socket.io-client are those of the server', async () => {
      const socket = io(`http://127.0.0.1:${server.port}/test`, { path: '/testPath', forceNew: true });
      assert.equal(await socket.emitWithAck('myEvent', 'here'), 'here');
      socket.disconnect();
    });

    it('query and auth reach the controller', async () => {
      const client = await createSocketIOClient({
        port: server.port, path: '/testPath', namespace: '/test', query: { name: 'harry' }, auth: { token: 'secret' },
      });
      assert.deepEqual(await client.next('welcome'), [{ auth: { token: 'secret' }, query: 'harry' }]);
      await client.close();
    });

    it('the wrong path is an error', async () => {
      await assert.rejects(createSocketIOClient({ port: server.port, namespace: '/test' }), /error/);
    });

    it('the wrong namespace is an error', async () => {
      await assert.rejects(createSocketIOClient({ port: server.port, path: '/testPath', namespace: '/tset' }), { message: 'Invalid namespace' });
    });

    it('the wrong port is an error', async () => {
      await assert.rejects(createSocketIOClient({ port: 1, path: '/testPath', namespace: '/test' }), /error/);
    });
  });

  describe('配置 CORS (configuring CORS)', () => {
    it('permits its origin', async () => {
      const response = await fetch(`${server.url}/testPath/?EIO=4&transport=polling`, { headers: { origin: ORIGIN } });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('access-control-allow-origin'), ORIGIN);
    });

    it('answers a preflight with its origin and methods', async () => {
      const response = await fetch(`${server.url}/testPath/?EIO=4&transport=polling`, {
        method: 'OPTIONS', headers: { origin: ORIGIN, 'access-control-request-method': 'POST' },
      });
      assert.equal(response.status, 204);
      assert.equal(response.headers.get('access-control-allow-origin'), ORIGIN);
      assert.equal(response.headers.get('access-control-allow-methods'), 'GET,POST');
    });

    it('does not permit another origin', async () => {
      const response = await fetch(`${server.url}/testPath/?EIO=4&transport=polling`, { headers: { origin: 'http://other.example' } });
      assert.notEqual(response.headers.get('access-control-allow-origin'), 'http://other.example');
      assert.notEqual(response.headers.get('access-control-allow-origin'), '*');
    });

    it('lets a client of its origin in', async () => {
      const client = await createSocketIOClient({
        port: server.port, path: '/testPath', namespace: '/test', extraHeaders: { origin: ORIGIN },
      });
      assert.equal(await client.sendWithAck('myEvent', 'here'), 'here');
      await client.close();
    });
  });
});
