import assert from 'node:assert/strict';
import type { Socket } from 'socket.io-client';
import { randomOf } from '../support/histories/villain';
import { seedOf } from '../support/seed';
import { handlersOf, stream, type StreamsApp, withStreams } from './support';

/** How many streams are cut off; STREAM_CUTS=100000 for a long run. */
const CUTS = Number(process.env.STREAM_CUTS ?? 2000);
const CLIENTS = 10;

const CONTROLLER = `
  import { setImmediate } from 'node:timers/promises';
  import { type Context, Inject, OnWSMessage, WSController } from 'egg-socketio';

  @WSController('/')
  export class StreamsController {
    @Inject()
    ctx: Context;

    @OnWSMessage('run', { stream: { window: 4 } })
    async *run(isSlow: boolean) {
      const app = this.ctx.app as any;
      app.begun += 1;
      try {
        for (let i = 1; ; i++) {
          if (isSlow) await setImmediate();
          yield i;
        }
      } finally {
        app.ended += 1;
      }
    }
  }`;

interface Counts { begun: number; ended: number }

/** The ways in which a client ends a stream; those with `true` end its connection. */
type End = (socket: Socket, items: AsyncIterator<unknown>, controller: AbortController) => unknown;
const ENDINGS: Record<string, [leaves: boolean, end: End]> = {
  'return()': [ false, (_socket, items) => items.return!() ],
  signal: [ false, (_socket, _items, controller) => controller.abort() ],
  'disconnect()': [ true, socket => socket.disconnect() ],
  'a closed connection': [ true, socket => socket.io.engine.close() ],
};

describe('test/streams/cuts.test.ts', function() {
  this.timeout(Math.max(120_000, CUTS * 10));

  it('no generator, no handler and no entry of a socket is left when all streams were cut off at any moment, in any way', () => withStreams(CONTROLLER, async ({ app, connect }: StreamsApp) => {
    const seed = seedOf('STREAM_SEED');
    const random = randomOf(seed);
    console.log(`        ${CUTS} cuts, STREAM_SEED=${seed}`);
    const counts = Object.assign(app, { begun: 0, ended: 0 }) as unknown as Counts;
    let left = CUTS;

    async function cutOne(socket: Socket): Promise<boolean> {
      const controller = new AbortController();
      const items = stream(socket, 'run', random() < 0.5, controller.signal);
      const names = Object.keys(ENDINGS);
      const [ leaves, end ] = ENDINGS[random() < 0.1 ? names[2 + Math.floor(random() * 2)] : names[Math.floor(random() * 2)]];
      // Perhaps before it has begun, or while an item is awaited.
      const taken = Math.floor(random() * 8);
      const first = items.next();
      first.catch(() => undefined);
      for (let i = 0; i < taken; i++) await (i === 0 ? first : items.next());
      const next = items.next();
      next.catch(() => undefined);
      await end(socket, items, controller);
      await Promise.allSettled([ first, next ]);
      return leaves;
    }

    await Promise.all(Array.from({ length: CLIENTS }, async () => {
      let socket = await connect();
      while (left > 0) {
        left -= 1;
        if (!await cutOne(socket)) continue;
        socket.disconnect();
        socket = await connect();
      }
    }));
    while (await handlersOf(app) > 0) await new Promise(setImmediate);
    console.log(`        ${counts.begun} generators had begun`);
    assert.ok(counts.begun > CUTS / 2, `${counts.begun}`);
    assert.equal(counts.ended, counts.begun);
    for (const socket of app.io.sockets.sockets.values()) {
      const own = socket as unknown as Record<symbol, unknown>;
      const values = Object.getOwnPropertySymbols(own).map(key => own[key]);
      const collections = values.filter(value => value instanceof Map || value instanceof Set);
      assert.deepEqual(collections.filter(({ size }) => size > 0), []);
    }
  }));
});
