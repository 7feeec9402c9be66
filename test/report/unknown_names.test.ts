import assert from 'node:assert/strict';
import type { MockApplication } from 'egg-mock';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { attachServer } from '../support/attached_server';
import { ClusterProcess } from '../support/cluster_process';
import { withInlineApp } from '../support/inline_app';

const ONCE = ' (logged once for each name, in the local and unittest environments only).';

const FILES = {
  'app/socket/chat.js': `
    const { defineSocketController } = require('egg-socketio');
    const messages = Object.fromEntries([ 'join', 'leave', 'message', 'whisper' ].map(event => [ event, () => event ]));
    module.exports = defineSocketController({
      namespace: '/chat', messages, onConnection: ctx => { ctx.socket.on('of the app', () => undefined); },
    });`,
  'app/socket/room.js': `
    const { defineSocketController } = require('egg-socketio');
    const messages = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [ 'event ' + i, () => i ]));
    module.exports = defineSocketController({ namespace: /^\\/room-\\d+$/, messages });`,
};

describe('test/report/unknown_names.test.ts', () => {
  type Use = (connect: (namespace: string) => Promise<SocketIOTestClient>, said: () => string[], app: MockApplication) => Promise<void>;

  /** An app in the unittest environment; `said` gives what it has logged since the last time, without what all such lines have. */
  async function withApp(config: string, use: Use): Promise<void> {
    await withInlineApp({ ...FILES, 'config/config.default.js': `module.exports = () => ({ keys: 'test keys', ${config} });` },
      async ({ app, warnings }, startError) => {
        assert.ifError(startError);
        const server = await attachServer(app);
        const clients: SocketIOTestClient[] = [];
        let from = warnings.length;
        const said = () => {
          const lines = warnings.slice(from).filter(line => line.includes('logged once for each name'));
          from = warnings.length;
          return lines.map(line => line.replace(/^\[egg-socketio\] /, '').replace(ONCE, ''));
        };
        try {
          await use(namespace => {
            const client = new SocketIOTestClient({ port: server.port, namespace, transports: [ 'websocket' ] });
            clients.push(client);
            return client.connect();
          }, said, app);
        } finally {
          for (const client of clients) await client.close();
          server.close();
        }
      });
  }

  it('an event without a handler and without an ack is logged once with the existing names, the nearest first', () => withApp('', async (connect, said) => {
    const client = await connect('/chat');
    client.send('mesage').send('mesage', 1).send('LEAVE').send('message')
      .send('of the app');
    assert.equal(await client.sendWithAck('join'), 'join');
    assert.deepEqual(said(), [
      "nobody handles the event 'mesage' in the namespace '/chat'; handled are 'message', 'leave', 'join', 'whisper', 'of the app'",
      "nobody handles the event 'LEAVE' in the namespace '/chat'; handled are 'leave', 'message', 'join', 'whisper', 'of the app'",
    ]);
    // Another connection, of another client perhaps.
    const other = await connect('/chat');
    other.send('mesage');
    await other.sendWithAck('join');
    assert.deepEqual(said(), []);
  }));

  it('is not logged if its sender gets EVENT_NOT_FOUND, or a listener of onAny() hears it', () => withApp('', async (connect, said, app) => {
    const client = await connect('/chat');
    assert.equal((await client.sendWithAck<{ error: { code: string } }>('mesage')).error.code, 'EVENT_NOT_FOUND');
    for (const socket of app.io.of('/chat').sockets.values()) socket.onAny(() => undefined);
    client.send('mesage');
    await client.sendWithAck('join');
    assert.deepEqual(said(), []);
  }));

  it("is logged with an ack as well where unknownEvents is 'ignore'", () => withApp("socketio: { unknownEvents: 'ignore' }", async (connect, said) => {
    const client = await connect('/chat');
    client.socket.emit('mesage', () => undefined);
    await client.sendWithAck('join');
    assert.equal(said().length, 1);
  }));

  it('namespaces of one RegExp are logged as one, and the list of names is bounded', () => withApp('', async (connect, said) => {
    for (const name of [ '/room-1', '/room-2' ]) {
      const client = await connect(name);
      client.send('evnt 17');
      await client.sendWithAck('event 1');
    }
    const lines = said();
    assert.equal(lines.length, 1);
    assert.match(lines[0], /^nobody handles the event 'evnt 17' in the namespace '\/room-1'; handled are 'event 17', ('event \d+', ){19}10 more$/);
  }));

  it('a namespace that does not exist is logged once with the existing ones, the nearest first', () => withApp('', async (connect, said) => {
    for (let i = 0; i < 2; i++) await assert.rejects(connect('/caht'), /Invalid namespace/);
    await connect('/chat');
    await connect('/room-17');
    await assert.rejects(connect('/room-x'), /Invalid namespace/);
    assert.deepEqual(said(), [
      "there is no namespace '/caht'; there are '/chat', '/', /^\\/room-\\d+$/",
      "there is no namespace '/room-x'; there are '/', '/chat', /^\\/room-\\d+$/",
    ]);
  }));

  it('names that clients make up stay within one line, and at most a hundred are logged', () => withApp('', async (connect, said) => {
    const client = await connect('/chat');
    client.send('a\nb\u202e').send('x'.repeat(500));
    await client.sendWithAck('join');
    const [ odd, long ] = said();
    assert.ok(odd.startsWith("nobody handles the event 'a\\u000ab\\u202e' in"), odd);
    assert.ok(long.startsWith(`nobody handles the event '${'x'.repeat(100)}…' in`), long);
    for (let i = 0; i < 200; i++) client.send(`made up ${i}`);
    await client.sendWithAck('join');
    const lines = said();
    assert.equal(lines.length, 98);
    assert.ok(lines.at(-1)!.endsWith(' Further names are not logged.'));
  }));

  it('nothing is logged in production', async () => {
    const cluster = await ClusterProcess.start({ workers: 1 });
    const client = new SocketIOTestClient({ url: cluster.url, transports: [ 'websocket' ] });
    await client.connect();
    client.send('joni');
    await client.sendWithAck('join', 'a');
    const wrong = new SocketIOTestClient({ url: cluster.url, namespace: '/caht', transports: [ 'websocket' ] });
    await assert.rejects(wrong.connect(), /Invalid namespace/);
    await Promise.all([ client.close(), wrong.close() ]);
    await cluster.stop();
    assert.match(cluster.log, /egg-socketio/);
    assert.doesNotMatch(cluster.log, /nobody handles|there is no namespace/);
  });
});
