import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { SocketIOTestClient } from 'egg-socketio/mock';
import { closeInBatches } from '../../lib/internals/drain';
import { type InlineApp, withInlineApp } from '../support/inline_app';

const CLIENTS = 5;
/** Milliseconds; longer than any test. */
const NEVER = 600_000;

/** An app whose disconnect handlers end at once, or never. */
function app(drainOptions: object, hangs = false): Record<string, string> {
  return {
    'config/config.default.js': `module.exports = () => ({ keys: 'k', socketio: { drain: ${JSON.stringify(drainOptions)} } });`,
    'app/socket/main.js': `
      const { defineSocketController } = require('egg-socketio');
      module.exports = defineSocketController({ onDisconnection: () => ${hangs ? 'new Promise(() => undefined)' : 'undefined'} });`,
  };
}

async function connect({ app }: InlineApp): Promise<SocketIOTestClient[]> {
  return Promise.all(Array.from({ length: CLIENTS }, () => app.createSocketIOClient({ transports: [ 'websocket' ] })));
}

describe('test/handshake/drain.test.ts', () => {
  it('closes one batch at a time, and all remaining connections at the end of the limit', async () => {
    await withInlineApp(app({ batch: 2, interval: NEVER, limit: 300 }), async inline => {
      const clients = await connect(inline);
      const { sockets } = inline.app.io.of('/');
      const reasons = Promise.all(clients.map(async client => (await once(client, 'disconnect'))[0] as string));
      const first = Promise.race([ ...sockets.values() ].map(async socket => { await once(socket as never, 'disconnect'); }));
      const closed = inline.app.close();
      await first;
      await turn();
      assert.equal(sockets.size, CLIENTS - 2);
      await closed;
      assert.equal(sockets.size, 0);
      assert.deepEqual(new Set(await reasons), new Set([ 'transport close' ]));
    });
  });

  it('does not wait for a handler beyond the limit, and logs it', async () => {
    await withInlineApp(app({ batch: 2, interval: 1, limit: 100 }, true), async inline => {
      await connect(inline);
      await inline.app.close();
      assert.match(inline.warnings.join('\n'), /stop: these had not finished within config\.socketio\.drain\.limit, .*: disconnect in \/ \(.*main\.js.*\) × 5\./);
    });
  });

  it('waits a jittered interval between two batches, and closes the connections in random order', async () => {
    const closed: number[] = [];
    const relays = Array.from({ length: 6 }, (_, i) => () => { closed.push(i); });
    const pauses: [ closed: number, milliseconds: number ][] = [];
    const timeout = mock.method(global, 'setTimeout', (callback: () => void, milliseconds: number) => {
      pauses.push([ closed.length, milliseconds ]);
      setImmediate(callback);
    });
    const random = mock.method(Math, 'random', () => (closed.length < 4 ? 0 : 0.75));
    try {
      await closeInBatches(relays, { batch: 2, interval: 100, limit: NEVER }, Date.now() + NEVER);
      assert.deepEqual(pauses.slice(0, 2), [[ 2, 50 ], [ 4, 125 ]]);
      assert.notDeepEqual(closed, [ 0, 1, 2, 3, 4, 5 ]);
      assert.deepEqual(closed.sort(), [ 0, 1, 2, 3, 4, 5 ]);
    } finally {
      timeout.mock.restore();
      random.mock.restore();
    }
  });
});
