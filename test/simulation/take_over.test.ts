import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { seedOf } from '../support/seed';
import { type Outcome, StickyWorld } from '../support/simulation/sticky_world';
import { STICKY_FAULTS } from '../support/simulation/sticky_faults';

/** The number of seeds; each takes about ten milliseconds. */
const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 300);
const FIRST = seedOf('SIMULATION_SEED');
const STEPS = 120;
/** The number of seeds within which each fault is found. */
const ENOUGH = 3000;

describe('test/simulation/take_over.test.ts', () => {
  afterEach(() => mock.restoreAll());

  async function simulate(seed: number): Promise<Outcome> {
    const world = new StickyWorld(seed);
    try {
      const outcome = await world.run(STEPS);
      if (process.env.SIMULATION_HISTORY) console.log(world.history.join('\n'));
      return outcome;
    } catch (error) {
      const command = `npm run simulate -- --seed ${seed}`;
      throw new Error(`seed ${seed}: ${(error as Error).message}\n${world.history.join('\n')}\nTo see it again: ${command}`, { cause: error });
    }
  }

  it('whatever happens to workers and links, a session has one owner, which gets what its client has sent, once', async function() {
    this.timeout(1_000_000);
    const sum = { taken: 0, over: 0 };
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const { taken, over } = await simulate(seed);
      sum.taken += taken;
      sum.over += over;
    }
    console.log('      %d seeds: %d sessions were taken over, and %d clients were told that theirs was over', SEEDS, sum.taken, sum.over);
    assert.ok(sum.taken >= SEEDS / 10 || SEEDS < 100, `${sum.taken} sessions have moved`);
  });

  for (const [ fault, put ] of Object.entries(STICKY_FAULTS)) {
    it(`finds a fault that is put in: ${fault}`, async function() {
      this.timeout(1_000_000);
      put();
      for (let seed = FIRST; seed < FIRST + ENOUGH; seed++) {
        const isFound = await new StickyWorld(seed).run(STEPS).then(() => false, () => true);
        if (isFound) {
          console.log('      found with %d seeds', seed - FIRST + 1);
          return;
        }
      }
      assert.fail(`not found with ${ENOUGH} seeds`);
    });
  }
});
