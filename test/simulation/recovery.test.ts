import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { FAULTS, LIKELIER } from '../support/simulation/faults';
import { findsFaults, FIRST, play } from '../support/simulation/seeds';
import { World } from '../support/simulation/world';

/** The number of seeds; each takes about four milliseconds. */
const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 500);
const STEPS = 150;
/** The number of seeds within which each fault is found. */
const ENOUGH = 5000;

describe('test/simulation/recovery.test.ts', () => {
  afterEach(() => mock.restoreAll());

  it('a recovered client gets every packet once and in order, whatever happens to workers and links', async function() {
    this.timeout(1_000_000);
    const sum = { recovered: 0, renewed: 0, kills: 0 };
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const { recovered, renewed, kills } = await play(new World(seed), seed, STEPS);
      sum.recovered += recovered;
      sum.renewed += renewed;
      sum.kills += kills;
    }
    console.log('      %d seeds: %d kills, clients were recovered %d times, and got a new session %d times',
      SEEDS, sum.kills, sum.recovered, sum.renewed);
    assert.ok(sum.recovered >= SEEDS || SEEDS < 100, `clients were recovered ${sum.recovered} times`);
  });

  findsFaults(FAULTS, (seed, fault) => new World(seed, LIKELIER[fault]).run(STEPS), ENOUGH);
});
