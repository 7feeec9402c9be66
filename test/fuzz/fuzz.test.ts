import assert from 'node:assert/strict';
import fc from 'fast-check';
import { crowdsFor } from '../support/fuzz/heavy';
import { scriptsFor } from '../support/fuzz/scripts';
import { type FuzzOptions, ServerUnderFuzz } from '../support/fuzz/server_under_fuzz';
import { seedOf } from '../support/seed';

const FRAMES = Number(process.env.FUZZ_FRAMES ?? 15_000);
const SEED = seedOf('FUZZ_SEED');
/** Milliseconds for finding fewer clients that do less and with which it fails as well. */
const SHRINK_LIMIT = 120_000;

const MEGABYTE = 2 ** 20;
/** The share of the frames that comes before the first measurement: code is compiled, buffers and tables grow. */
const WARM_UP = 0.2;
/**
 * Bytes that may be added in each half of the rest. What is added in one of them only is no leak but a buffer that has
 * grown once; a leak of 40 bytes a frame is more in both.
 */
const NOISE = 1.5 * MEGABYTE;

/** A server that is started again where it has failed. */
class Fuzzing {
  private running: ServerUnderFuzz | undefined;
  private sent = 0;
  private runs = 0;
  private shrinkUntil = Infinity;

  /** @param frames - that the server is to get in all */
  constructor(private readonly options: FuzzOptions, private readonly frames: number) {}

  async server(): Promise<ServerUnderFuzz> {
    return this.running ??= await ServerUnderFuzz.start(this.options);
  }

  /** Has new clients do new things until a part of all is done; at the end, there was each kind of crowd. */
  async until(part: number): Promise<void> {
    const kinds = crowdsFor(this.options.workers).length;
    do {
      const seed = SEED + this.runs++;
      await fc.assert(this.propertyFor(seed), { seed, numRuns: 1 }).catch(error => {
        // What was sent may have megabytes.
        (error as Error).message = `after ${this.sent} frames; to repeat it: FUZZ_SEED=${seed}\n${(error as Error).message.slice(0, 10_000)}`;
        throw error;
      });
    } while (this.sent < this.frames * part || this.runs < kinds * part);
  }

  async stop(): Promise<string> {
    const { running } = this;
    this.running = undefined;
    return await running?.stop() ?? '';
  }

  private propertyFor(seed: number) {
    return fc.asyncProperty(scriptsFor(seed, this.options.workers), async clients => {
      if (Date.now() > this.shrinkUntil) return;
      const server = await this.server();
      const before = server.sent;
      try {
        await server.endure(clients);
        if (this.shrinkUntil === Infinity) this.sent += server.sent - before;
      } catch (error) {
        if (this.shrinkUntil === Infinity) {
          console.log(`        FAILED after ${this.sent} frames, FUZZ_SEED=${seed}: ${(error as Error).message}\n        Looking for less that fails as well.`);
          this.shrinkUntil = Date.now() + SHRINK_LIMIT;
        }
        this.running = undefined;
        await server.kill();
        throw error;
      }
    });
  }
}

/** What handlers throw, as what they are given is more than this app can do anything with. */
const FROM_HANDLER = / ERROR \d+ (\[[^\]]+\] \[\/\S* |.* \((?:event '|the callback for the acks).*namespace \/.*\): \d+ more of this kind |\[egg-socketio\] the callback for the acks to the broadcast )/;
/** What workers cannot tell each other; what is nested too deeply is the app's affair. */
const NOT_TOLD = /cannot send its answer: (?!Maximum call stack)/;

/** Errors in a log that nobody has asked for. */
function unplanned(log: string): string[] {
  return log.split('\n').filter(line => / ERROR /.test(line) && (NOT_TOLD.test(line) || !FROM_HANDLER.test(line)));
}

describe('test/fuzz/fuzz.test.ts', () => {
  for (const { what, share, keeps, ...options } of [
    { what: 'one worker', share: 1, workers: 1, recovery: false },
    { what: 'workers among which sessions move', share: 0.1, workers: 3, recovery: false },
    // What may be recovered is kept for a while, and would be measured.
    { what: 'workers that recover sessions', share: 0.025, workers: 2, recovery: true, keeps: true },
  ]) {
    const frames = FRAMES * share;
    describe(what, () => {
      const fuzzing = new Fuzzing(options, frames);
      after(() => fuzzing.stop());

      it(`survives ${frames} invalid frames without a leak`, async function() {
        // Whatever may hang has a limit of its own.
        this.timeout(SHRINK_LIMIT + 120_000 + FRAMES * 10);
        console.log(`        FUZZ_SEED=${SEED}`);
        await fuzzing.until(WARM_UP);
        const server = await fuzzing.server();
        const used = [ await server.memory() ];
        for (const part of [ (1 + WARM_UP) / 2, 1 ]) {
          await fuzzing.until(part);
          used.push(await server.memory());
        }
        const growth = used[0].map((bytes, i) => [ used[1][i] - bytes, used[2][i] - used[1][i] ]);
        console.log(`        worst moments: ${(await server.worst()).map(({ added, turn }) => `${added} bytes more, ${turn} ms of CPU in one turn`).join('; ')}`);
        console.log(`        memory in use grew by ${growth.map(halves => halves.join(', then ')).join('; ')} bytes`);
        if (!keeps) assert.deepEqual(growth.filter(halves => Math.min(...halves) > NOISE), [], 'a leak');
        await server.assertIdle();
        assert.deepEqual(unplanned(await fuzzing.stop()), []);
      });
    });
  }
});
