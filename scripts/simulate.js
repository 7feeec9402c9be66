'use strict';

// Plays the simulations of recovery and of take-over: `npm run simulate [-- --seeds 10000] [--seed N]`. With one seed, it prints what has
// happened.
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { values } = parseArgs({ options: { seed: { type: 'string' }, seeds: { type: 'string' } } });
for (const [ name, value ] of Object.entries(values)) {
  if (!/^[1-9]\d*$/.test(value)) {
    console.error('--%s: expected a whole number above 0, but got %s. For example: npm run simulate -- --seed 7', name, value);
    process.exit(2);
  }
}
const { seed, seeds = seed === undefined ? '10000' : '1' } = values;
const env = { SIMULATION_SEED: seed ?? '1', SIMULATION_SEEDS: seeds, ...(seeds === '1' && { SIMULATION_HISTORY: 'true' }) };
const { status } = spawnSync('npx', [ 'egg-bin', 'test', 'test/simulation/recovery.test.ts', 'test/simulation/take_over.test.ts', '--grep', 'whatever happens' ], {
  cwd: path.join(__dirname, '..'), env: { ...process.env, ...env }, stdio: 'inherit', shell: process.platform === 'win32',
});
process.exitCode = status ?? 1;
