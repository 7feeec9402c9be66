import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { Health } from 'egg-socketio';
import { frameworkOf } from '../../lib/boot/framework';
import { ClusterProcess } from '../support/cluster_process';
import { withInlineApp } from '../support/inline_app';
import { needsRedis, RedisServer } from '../support/redis';

const RUNNING: Health = { ready: true, state: 'running', redis: 'none' };

interface Answered { status: number; body: string; headers: Record<string, unknown> }

/** Over a connection of its own, as health checks are made. */
async function ask(url: string, path: string, method = 'GET'): Promise<Answered> {
  const asked = request(`${url}${path}`, { method, agent: false });
  asked.end();
  const [ res ] = await once(asked, 'response');
  let body = '';
  for await (const chunk of res) body += chunk;
  return { status: res.statusCode, body, headers: res.headers };
}

/** Asks until the answer has this status; the test's own limit ends it otherwise. */
async function untilStatus(url: string, path: string, status: number): Promise<Answered> {
  for (;;) {
    const answered = await ask(url, path);
    if (answered.status === status) return answered;
    await new Promise(resolve => { setTimeout(resolve, 50); });
  }
}

describe('test/observation/health.test.ts', () => {
  it('app.io.health() tells whether the worker is starting, running or stopping', async () => {
    const files = {
      'app.js': `
        module.exports = class Boot {
          constructor(app) { this.app = app; app.seen = []; }
          async didReady() { this.app.seen.push(this.app.io.health()); }
          configDidLoad() { this.app.seen.push(this.app.io.health()); }
          async beforeClose() { this.app.seen.push(this.app.io.health()); }
        };`,
    };
    let seen: Health[] = [];
    await withInlineApp(files, ({ app }) => {
      ({ seen } = app as unknown as { seen: Health[] });
      assert.deepEqual(app.io.health(), RUNNING);
    });
    assert.deepEqual(seen, [
      { ready: false, state: 'starting', redis: 'none' }, RUNNING, { ready: false, state: 'stopping', redis: 'none' },
    ]);
  });

  describe('with two workers', function() {
    this.timeout(60_000);
    needsRedis();
    let redis: RedisServer;
    let cluster: ClusterProcess;
    before(async () => {
      redis = await RedisServer.start();
      const variables = { WORKERS_HEALTH: '{"live":"/health/live"}', WORKERS_REDIS: JSON.stringify({ url: redis.url, requestsTimeout: 700 }) };
      cluster = await ClusterProcess.start({ workers: 2, variables });
    });
    after(async () => {
      await cluster?.stop();
      await redis?.close();
    });

    it('both endpoints answer 200 with the state as JSON, which nobody may cache; the default path stays where only the other is set', async () => {
      for (const path of [ '/health/live', '/readyz', '/readyz?verbose=1' ]) {
        const { status, body, headers } = await ask(cluster.url, path);
        assert.equal(status, 200, path);
        assert.deepEqual(JSON.parse(body), { ready: true, state: 'running', redis: 'connected' });
        assert.equal(headers['content-type'], 'application/json');
        assert.equal(headers['cache-control'], 'no-store');
        assert.equal(headers.connection, 'close');
      }
    });

    it('a HEAD request gets the status without a body; other methods and other paths go to the app', async () => {
      const { status, body } = await ask(cluster.url, '/readyz', 'HEAD');
      assert.deepEqual({ status, body }, { status: 200, body: '' });
      for (const [ path, method ] of [[ '/readyz', 'OPTIONS' ], [ '/readyz/', 'GET' ], [ '/livez', 'GET' ], [ '/health', 'GET' ]]) {
        assert.equal((await ask(cluster.url, path, method)).status, 404, `${method} ${path}`);
      }
    });

    it('the port stays ready while one of the workers stops, and the others take the new clients', async () => {
      const stopping = (await cluster.hear('worker')).pid;
      const from = cluster.news.length;
      let gone = false;
      const died = cluster.hear('worker died', from).then(() => { gone = true; });
      process.kill(stopping, 'SIGTERM');
      const statuses = new Set<number>();
      while (!gone) statuses.add((await ask(cluster.url, '/readyz')).status);
      await died;
      assert.deepEqual([ ...statuses ], [ 200 ]);
      // The one that takes its place needs Redis at its start.
      await cluster.hear('worker', from);
    });

    it('without Redis a worker is alive and not ready, until it hears the others again', async () => {
      await redis.stop();
      const { body } = await untilStatus(cluster.url, '/readyz', 503);
      assert.deepEqual(JSON.parse(body), { ready: false, state: 'running', redis: 'unreachable' });
      assert.equal((await ask(cluster.url, '/health/live')).status, 200);
      await redis.run();
      await untilStatus(cluster.url, '/readyz', 200);
    });
  });

  describe('with Redis streams', function() {
    this.timeout(60_000);
    needsRedis();

    it('a worker is ready again once it reads the stream', async () => {
      const redis = await RedisServer.start();
      const WORKERS_REDIS = JSON.stringify({ url: redis.url, kind: 'streams', requestsTimeout: 700 });
      const cluster = await ClusterProcess.start({ workers: 1, variables: { WORKERS_HEALTH: '{}', WORKERS_REDIS } });
      try {
        await untilStatus(cluster.url, '/readyz', 200);
        await redis.stop();
        const { body } = await untilStatus(cluster.url, '/readyz', 503);
        assert.deepEqual(JSON.parse(body), { ready: false, state: 'running', redis: 'unreachable' });
        await redis.run();
        await untilStatus(cluster.url, '/readyz', 200);
      } finally {
        await cluster.stop();
        await redis.close();
      }
    });
  });

  it('answers on the own server if there is one, and not on that of Egg', async () => {
    const files = { 'config/config.default.js': "module.exports = () => ({ keys: 'k', socketio: { port: 0, health: true } });" };
    await withInlineApp(files, async ({ app }) => {
      const { port } = frameworkOf(app as never);
      assert.deepEqual(JSON.parse((await ask(`http://127.0.0.1:${port}`, '/livez')).body), RUNNING);
      await app.httpRequest().get('/livez').expect(404);
    });
  });

  it('leaves these paths to the app where it is off', async () => {
    const files = {
      'config/config.default.js': "module.exports = () => ({ keys: 'k', socketio: { port: 0 } });",
      'app/router.js': "module.exports = app => { app.get('/readyz', ctx => { ctx.body = 'of the app'; }); };",
    };
    await withInlineApp(files, async ({ app }) => {
      assert.equal((await ask(`http://127.0.0.1:${frameworkOf(app as never).port}`, '/readyz')).status, 404);
      await app.httpRequest().get('/readyz').expect(200, 'of the app');
    });
  });
});
