import assert from 'node:assert/strict';
import fc from 'fast-check';
import { withAttackedApp } from '../support/attacked_app';
import { type Batch, batches } from '../support/fuzz/floods';
import { openWire, type Wire, WIRES } from '../support/wire_attacker';
import type { Application } from '../../lib/types';

const RUNS = Number(process.env.FUZZ_BATCHES ?? 120);
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** What a client can have the app's own code do. */
function fail(how: unknown): unknown {
  if (how === 'throw') throw new Error('thrown by the app');

  if (how === 'throw null') throw null;

  if (how === 'throw a promise') throw Promise.resolve();
  return how === 'reject' ? Promise.reject(new Error('thrown by the app')) : undefined;
}

/** An app that uses Socket.IO's own API, and takes what clients send at its word. */
function useOwnApi(io: Application): void {
  io.of(/^\/doc-\d+$/).use((socket, next) => {
    const failed = fail(socket.handshake.auth.token?.length > 10 ? 'throw' : 'reject');
    if (failed) return failed;
    next();
  });
  io.of('/cycle');
  io.of('/own').on('connection', socket => {
    socket.onAny((event, how) => (event === 'any' ? fail(how) : undefined));
    socket.use(([ event, how ], next) => {
      if (event === 'late use') return void setImmediate(next);
      const failed = event === 'use' ? fail(how) : undefined;
      if (failed) return failed;
      next();
    });
    socket.use(([ event, how ], next) => {
      const failed = event === 'late use' ? fail(how) : undefined;
      if (failed) return failed;
      next();
    });
    socket.on('on', fail);
    socket.once('once', fail);
    socket.on('ask', how => { socket.emit('question', (...answers: unknown[]) => fail(answers.length > 0 ? how : 'reject')); });
    socket.on('ask all', how => { io.of('/own').timeout(1).emit('question', () => fail(how)); });
    socket.on('room', async room => socket.join(room));
    socket.on('leave', how => { socket.data.how = how; });
    socket.on('disconnect', () => fail(socket.data.how));
  });
}

async function play(wire: Wire, port: number, sent: readonly Batch[]): Promise<void> {
  const client = await openWire(wire, port);
  await client.send('40/own,');
  await client.next('4').catch(() => undefined);
  for (const { packets } of sent) await client.send(...packets);
  client.abort();
}

describe('test/fuzz/own_listeners.test.ts', () => {
  it('an app that uses Socket.IO\'s own API serves a well-behaved client while others send what nobody should, and nothing escapes', async function() {
    this.timeout(600_000);
    console.log(`        FUZZ_SEED=${SEED}`);
    const escaped: unknown[] = [];
    const escape = (error: unknown) => { escaped.push(error); };
    process.on('unhandledRejection', escape);
    process.on('uncaughtExceptionMonitor', escape);
    try {
      await withAttackedApp('{ allowEIO3: true }', async ({ port, io, beside }) => {
        useOwnApi(io);
        await beside(async () => {
          await fc.assert(fc.asyncProperty(fc.constantFrom(...WIRES), batches, async (wire, sent) => {
            await play(wire, port, sent);
            assert.deepEqual(escaped, []);
          }), { numRuns: RUNS, seed: SEED, endOnFailure: true });
        });
      }, 'logger: { disableConsoleAfterReady: true },');
      assert.deepEqual(escaped, []);
    } finally {
      process.off('unhandledRejection', escape);
      process.off('uncaughtExceptionMonitor', escape);
    }
  });
});
