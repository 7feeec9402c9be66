import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { FAULTS, LIKELIER } from '../support/simulation/faults';
import { seedOf } from '../support/seed';
import { type Outcome, World } from '../support/simulation/world';

/** The number of seeds; each takes about four milliseconds. */
const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 500);
const FIRST = seedOf('SIMULATION_SEED');
const STEPS = 150;
/** The number of seeds within which each fault is found. */
const ENOUGH = 5000;

describe('test/simulation/recovery.test.ts', () => {
  afterEach(() => mock.restoreAll());

  async function simulate(seed: number): Promise<Outcome> {
    const world = new World(seed);
    try {
      const outcome = await world.run(STEPS);
      if (process.env.SIMULATION_HISTORY) console.log(world.history.join('\n'));
      return outcome;
    } catch (error) {
      const command = `npm run simulate -- --seed ${seed}`;
      throw new Error(`seed ${seed}: ${(error as Error).message}\n${world.history.join('\n')}\nTo see it again: ${command}`, { cause: error });
    }
  }

  it('whatever happens to workers and links, a recovered client misses nothing, and gets nothing twice or out of order', async function() {
    this.timeout(1_000_000);
    const sum = { recovered: 0, renewed: 0, kills: 0 };
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const { recovered, renewed, kills } = await simulate(seed);
      sum.recovered += recovered;
      sum.renewed += renewed;
      sum.kills += kills;
    }
    console.log('      %d seeds: %d kills, clients were recovered %d times, and got a new session %d times',
      SEEDS, sum.kills, sum.recovered, sum.renewed);
    assert.ok(sum.recovered >= SEEDS || SEEDS < 100, `clients were recovered ${sum.recovered} times`);
  });

  for (const [ fault, put ] of Object.entries(FAULTS)) {
    it(`finds a fault that is put in: ${fault}`, async function() {
      this.timeout(1_000_000);
      put();
      for (let seed = FIRST; seed < FIRST + ENOUGH; seed++) {
        const isFound = await new World(seed, LIKELIER[fault]).run(STEPS).then(() => false, () => true);
        if (isFound) {
          console.log('      found with %d seeds', seed - FIRST + 1);
          return;
        }
      }
      assert.fail(`not found with ${ENOUGH} seeds`);
    });
  }
});
