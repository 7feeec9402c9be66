import assert from 'node:assert/strict';
import fc from 'fast-check';
import { useOwnApi } from '../fixtures/apps/fuzz/app/lib/own_api';
import { withAttackedApp } from '../support/attacked_app';
import { type Batch, batches } from '../support/fuzz/floods';
import { seedOf } from '../support/seed';
import { openWire, type Wire, WIRES } from '../support/wire_attacker';

const RUNS = Number(process.env.FUZZ_BATCHES ?? 120);
const SEED = seedOf('FUZZ_SEED');

async function play(wire: Wire, port: number, sent: readonly Batch[]): Promise<void> {
  const client = await openWire(wire, port);
  await client.send('40/own,');
  await client.next('4').catch(() => undefined);
  for (const { packets } of sent) await client.send(...packets);
  client.abort();
}

describe('test/fuzz/own_listeners.test.ts', () => {
  it('an app with listeners of its own serves a well-behaved client while others send invalid packets, and no error escapes', async function() {
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
