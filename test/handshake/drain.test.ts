import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { SocketIOTestClient } from 'egg-socketio/mock';
import { closeInBatches } from '../../lib/internals/drain';
import type { DrainOptions } from '../../lib/types/drain';
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

/** How many of 200 connections are closed at a time; `othersStay` gets the number of those that are closed already. */
async function batchesOf(options: Required<DrainOptions>, othersStay: (closed: number) => boolean): Promise<number[]> {
  let closed = 0;
  const atPauses: number[] = [];
  const timeout = mock.method(global, 'setTimeout', (callback: () => void) => {
    atPauses.push(closed);
    setImmediate(callback);
  });
  try {
    const all = Array.from({ length: 200 }, () => () => { closed += 1; });
    await closeInBatches(all, options, Date.now() + NEVER, () => othersStay(closed));
  } finally {
    timeout.mock.restore();
  }
  return [ ...atPauses, closed ].map((count, i) => count - (atPauses[i - 1] ?? 0));
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

  it('closes as few at a time as the limit allows while other workers take the clients, and drain.batch when none is left', async () => {
    // 20 intervals are half of the limit.
    const sizes = await batchesOf({ batch: 80, interval: 100, limit: 4000 }, closed => closed < 30);
    assert.deepEqual(sizes, [ 10, 10, 10, 80, 80, 10 ]);
  });

  it('does not close more than drain.batch at a time while other workers take the clients', async () => {
    assert.deepEqual(await batchesOf({ batch: 60, interval: 1000, limit: 1000 }, () => true), [ 60, 60, 60, 20 ]);
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
