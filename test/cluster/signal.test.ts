import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { ClusterProcess } from '../support/cluster_process';
import { compiledPlugin } from '../support/compiled_plugin';

const io2 = require('socket.io-client-v2') as (url: string, options: object) => SocketIOTestClient['socket'];

const FILES = {
  'package.json': '{ "name": "signal" }',
  'config/config.default.js': `
    module.exports = () => ({ keys: 'test', socketio: {
      allowEIO3: true, connectionStateRecovery: true, limits: { handlerTimeout: Number(process.env.HANDLER_TIMEOUT) }, drain: { limit: 800 },
    } });`,
  'app/socket/main.js': `
    const { once } = require('node:events');
    const { defineSocketController } = require('egg-socketio');
    const report = data => process.send({ to: 'parent', action: 'report', data });
    const define = namespace => defineSocketController({
      namespace,
      messages: {
        async 'wait.*'(ctx) {
          const [ id ] = ctx.match;
          report({ what: 'waits', id });
          await once(ctx.signal, 'abort');
          report({ what: 'aborted', id, code: ctx.signal.reason.code });
          throw ctx.signal.reason;
        },
        kick: (ctx, id) => ctx.nsp.in(id).disconnectSockets(true),
      },
    });
    module.exports = [ define('/'), define('/second') ];`,
};

function writeApp(): string {
  const baseDir = path.join(compiledPlugin(), '../../apps/signal');
  for (const [ name, content ] of Object.entries(FILES)) {
    mkdirSync(path.dirname(path.join(baseDir, name)), { recursive: true });
    writeFileSync(path.join(baseDir, name), content);
  }
  return baseDir;
}

interface Aborted { what: 'aborted'; id: string; code: string }

describe('test/cluster/signal.test.ts', function() {
  this.timeout(60_000);
  let cluster: ClusterProcess;
  let count = 0;
  let clients: SocketIOTestClient[] = [];

  async function start(handlerTimeout: number): Promise<void> {
    cluster = await ClusterProcess.start({ baseDir: writeApp(), workers: 3, variables: { HANDLER_TIMEOUT: `${handlerTimeout}` } });
  }

  async function connect(namespace: string, transport: string): Promise<SocketIOTestClient> {
    const client = new SocketIOTestClient({ url: cluster.url, namespace, transports: [ transport ], waitTimeout: 20_000 });
    clients.push(client);
    return client.connect();
  }

  afterEach(async () => {
    await Promise.all(clients.map(client => client.close()));
    clients = [];
  });

  const hear = (what: string, id: string) => cluster.hear(what as never, 0, (news: { id: string }) => news.id === id) as Promise<unknown>;
  const codeOf = async (id: string) => (await hear('aborted', id) as Aborted).code;

  /** Sends an event, and returns its id when its handler waits for the end of its signal. */
  async function wait(client: { emit(event: string): unknown }): Promise<string> {
    const id = `${count += 1}`;
    client.emit(`wait.${id}`);
    await hear('waits', id);
    return id;
  }

  describe('a long handlerTimeout', () => {
    before(() => start(60_000));

    for (const namespace of [ '/', '/second' ]) {
      for (const transport of [ 'websocket', 'polling' ]) {
        it(`is aborted when a client loses its connection, leaves, or is disconnected by another worker: ${namespace}, ${transport}`, async () => {
          const [ loses, leaves, kicked, other ] = await Promise.all(Array.from({ length: 4 }, () => connect(namespace, transport)));
          const ids = [ await wait(loses.socket), await wait(leaves.socket), await wait(kicked.socket) ];
          loses.socket.io.engine.close();
          leaves.socket.disconnect();
          other.send('kick', kicked.id);
          assert.deepEqual(await Promise.all(ids.map(codeOf)), [ 'CLIENT_LEFT', 'CLIENT_LEFT', 'CLIENT_LEFT' ]);
        });

        it(`is aborted when a client of protocol 3 loses its connection: ${namespace}, ${transport}`, async () => {
          const old = io2(`${cluster.url}${namespace}`, { forceNew: true, reconnection: false, transports: [ transport ] });
          await once(old as never, 'connect');
          const id = await wait(old);
          old.io.engine.close();
          assert.equal(await codeOf(id), 'CLIENT_LEFT');
        });
      }
    }

    it('is aborted with WORKER_STOPPING when the workers stop', async () => {
      const id = await wait((await connect('/', 'websocket')).socket);
      await cluster.stop();
      assert.equal(await codeOf(id), 'WORKER_STOPPING');
    });
  });

  describe('a short handlerTimeout', () => {
    before(() => start(200));
    after(() => cluster.stop());

    for (const transport of [ 'websocket', 'polling' ]) {
      it(`is aborted when the time of the handler is over: ${transport}`, async () => {
        const client = await connect('/second', transport);
        const id = `${count += 1}`;
        const { error: { code } } = await client.sendWithAck<{ error: { code: string } }>(`wait.${id}`);
        assert.deepEqual([ code, await codeOf(id) ], [ 'HANDLER_TIMEOUT', 'HANDLER_TIMEOUT' ]);
      });
    }
  });
});
