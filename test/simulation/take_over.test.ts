import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { findsFaults, FIRST, play } from '../support/simulation/seeds';
import { StickyWorld } from '../support/simulation/sticky_world';
import { STICKY_FAULTS } from '../support/simulation/sticky_faults';

/** The number of seeds; each takes about ten milliseconds. */
const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 300);
const STEPS = 120;
/** The number of seeds within which each fault is found. */
const ENOUGH = 3000;

describe('test/simulation/take_over.test.ts', () => {
  afterEach(() => mock.restoreAll());

  it('a session has one owner, which gets what its client sends once and in order, whatever happens to workers and links', async function() {
    this.timeout(1_000_000);
    const sum = { taken: 0, over: 0 };
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const { taken, over } = await play(new StickyWorld(seed), seed, STEPS);
      sum.taken += taken;
      sum.over += over;
    }
    console.log('      %d seeds: %d sessions were taken over, and %d clients were told that theirs was over', SEEDS, sum.taken, sum.over);
    assert.ok(sum.taken >= SEEDS / 10 || SEEDS < 100, `${sum.taken} sessions have moved`);
  });

  findsFaults(STICKY_FAULTS, seed => new StickyWorld(seed).run(STEPS), ENOUGH);
});
