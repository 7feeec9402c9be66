import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createSocketIOClient } from 'egg-socketio/mock';
import { ClusterProcess } from '../support/cluster_process';
import { compiledPlugin } from '../support/compiled_plugin';

const FILES = {
  'package.json': '{ "name": "forgotten" }',
  'config/config.default.js': "module.exports = () => ({ keys: 'k', logger: { level: 'INFO' } });",
  'app.js': `
    // The tests wait for this event, which comes after all lines about the rejection.
    module.exports = app => {
      process.on('unhandledRejection', reason => setImmediate(() => app.io.of('/room-1').emit('rejected', reason && reason.message)));
    };`,
  'app/socket/two.js': `
    const { setTimeout: later } = require('node:timers/promises');
    async function save(text) {
      await later(5);
      throw new Error('cannot save ' + text);
    }
    module.exports = require('egg-socketio').defineSocketController({
      namespace: /^\\/room-\\d+$/,
      onConnection(ctx) { if (ctx.handshake.auth.save) void save('the visit'); },
      messages: {
        say(ctx, text) { save(text); return 'said'; },
        nothing() { Promise.reject(undefined); },
        async awaited(ctx, text) { await save(text); },
      },
    });`,
};

describe('test/reply/forgotten_await.test.ts', () => {
  let log: string;
  let acked: unknown;
  let awaited: unknown;

  // The log is complete once the app has stopped.
  before(async () => {
    const apps = path.join(compiledPlugin(), '../../apps');
    mkdirSync(apps, { recursive: true });
    const baseDir = mkdtempSync(path.join(apps, 'forgotten-'));
    for (const [ name, content ] of Object.entries(FILES)) {
      mkdirSync(path.dirname(path.join(baseDir, name)), { recursive: true });
      writeFileSync(path.join(baseDir, name), content);
    }
    const cluster = await ClusterProcess.start({ baseDir, workers: 1, flags: [] });
    const address = { url: cluster.url, namespace: '/room-1' };
    const client = await createSocketIOClient(address);
    acked = await client.sendWithAck('say', 'hello');
    await client.next('rejected');
    client.send('nothing');
    await client.next('rejected');
    const other = await createSocketIOClient({ ...address, auth: { save: true } });
    await client.next('rejected');
    awaited = await client.sendWithAck('awaited', 'x');
    client.send('nothing');
    await client.next('rejected');
    await Promise.all([ client.close(), other.close() ]);
    await cluster.stop();
    log = cluster.log;
  });

  function lines(part: string): string[] {
    return log.split('\n').filter(line => line.includes('that nothing waits for') && line.includes(part));
  }

  it('a promise that is rejected after the ack: the log names the handler and the error, and Egg logs the stack', () => {
    assert.equal(acked, 'said');
    const [ line, ...more ] = lines('cannot save hello');
    assert.match(line, /ERROR .*\[\/room-1 say \S+\] \[egg-socketio\] app\/socket\/two\.js: messages\.say: a promise was rejected that nothing waits for \(cannot save hello\)\. The client does not get the error\. Add the missing await/);
    assert.deepEqual(more, []);
    assert.match(log, /nodejs\.unhandledRejectionError: cannot save hello\n {4}at .*two\.js/);
  });

  it('a promise that is rejected without a reason: the log names the handler', () => {
    assert.match(lines('messages.nothing: ')[0], /\(undefined\)/);
  });

  it('a promise of a connection handler: the log names event and namespace', () => {
    assert.match(lines('cannot save the visit').join(), /a handler of 'connection' in the namespace \/room-1: a promise was rejected/);
  });

  it('an error that the client gets: no such line', () => {
    assert.deepEqual(awaited, { error: { code: 'INTERNAL', message: 'Internal server error' } });
    assert.deepEqual(lines('cannot save x'), []);
  });
});
