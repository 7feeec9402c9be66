import fc from 'fast-check';
import { firstDifference } from '../support/oracle/compare';
import { PlainServer } from '../support/oracle/plain_server';
import { type Ended, Playing, type Side } from '../support/oracle/playing';
import { PluginApp } from '../support/oracle/plugin_app';
import { describe as describeSettings, pairwise, type Settings } from '../support/oracle/settings';
import { type AppSpec, appSpec, type Story, story } from '../support/oracle/story';
import { needsRedis, RedisServer } from '../support/redis';
import { seedOf } from '../support/seed';

const { EVENTS } = require('../support/oracle/behaviour') as { EVENTS: readonly string[] };

/** Stories that are played in each setup. */
const STORIES = Number(process.env.ORACLE_STORIES ?? 3);
const SEED = seedOf('ORACLE_SEED', 4);
/** The number of the only setup that is wanted. */
const ONLY = process.env.ORACLE_SETUP;
/** Milliseconds for finding a shorter story that differs as well. */
const SHRINK_LIMIT = Number(process.env.ORACLE_SHRINK ?? 120_000);

/** One setup: plain Socket.IO is started for each story, the app only where a story has failed. */
class Oracle {
  private app: PluginApp | undefined;
  private readonly spec: AppSpec;

  constructor(private readonly settings: Settings, private readonly redis: string, seed: number) {
    [ this.spec ] = fc.sample(appSpec(EVENTS, settings), { seed, numRuns: 1 });
  }

  /** @throws where clients see what they do not see with plain Socket.IO */
  async check(played: Story): Promise<void> {
    const { spec, settings } = this;
    this.app ??= await PluginApp.start(spec, settings, this.redis);
    // Of a worker that ends while others ask it for acks through Redis, they wait for the answer.
    await this.app.whole();
    const plain = await PlainServer.start(spec, settings);
    const ended: Ended = new Map();
    const play = (side: Side) => new Playing(side, spec, played, settings, ended).play();
    try {
      const { app } = this;
      const plugin = await play({ url: app.url, isPlain: false, nextDeath: () => app.nextDeath(), whole: () => app.whole() });
      const expected = await play({ url: plain.url, isPlain: true });
      const difference = firstDifference(expected, plugin, { settings, app: spec, story: played });
      if (difference) throw new Error(difference);
    } catch (error) {
      const { app } = this;
      await this.stop();
      (error as Error).message += `\nThe app has logged:\n${app.log}`;
      throw error;
    } finally {
      await plain.stop();
    }
  }

  async stop(): Promise<void> {
    const { app } = this;
    this.app = undefined;
    await app?.stop();
  }
}

describe('test/oracle/oracle.test.ts', () => {
  needsRedis();
  let redis: RedisServer;
  before(async () => { redis = await RedisServer.start(); });
  after(() => redis?.close());

  for (const [ i, settings ] of pairwise().entries()) {
    if (ONLY !== undefined && ONLY !== `${i}`) continue;
    it(`clients see what they see with plain Socket.IO: ${describeSettings(settings)}`, async function() {
      this.timeout(SHRINK_LIMIT + 60_000 + STORIES * 60_000);
      // An error that is thrown in a client's own code ends the test without more words than its own.
      console.log(`        ORACLE_SEED=${SEED} ORACLE_SETUP=${i}`);
      const oracle = new Oracle(settings, redis.url, SEED + i);
      let shrinkUntil = Infinity;
      const property = fc.asyncProperty(story(settings), async played => {
        if (Date.now() > shrinkUntil) return;
        await oracle.check(played).catch(error => {
          shrinkUntil = Math.min(shrinkUntil, Date.now() + SHRINK_LIMIT);
          throw error;
        });
      });
      try {
        await fc.assert(property, { seed: SEED + i, numRuns: STORIES, endOnFailure: SHRINK_LIMIT === 0 });
      } catch (error) {
        (error as Error).message = `ORACLE_SEED=${SEED} ORACLE_SETUP=${i}\n${(error as Error).message}`;
        throw error;
      } finally {
        await oracle.stop();
      }
    });
  }
});
