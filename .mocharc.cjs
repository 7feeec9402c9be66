'use strict';

const { registerHooks } = require('node:module');
const { availableParallelism } = require('node:os');

// From 22.18 on Node.js imports TypeScript by itself, and mocha has it do so: past the compiler of package.json, and without what
// TypeScript adds to JavaScript. If it cannot be imported, mocha requires it.
registerHooks?.({
  load(url, context, next) {
    if (url.endsWith('.ts') && !context.conditions.includes('require')) {
      throw Object.assign(new Error(`the compiler takes no imports: ${url}`), { code: 'ERR_UNKNOWN_FILE_EXTENSION' });
    }
    return next(url, context);
  },
});

// scripts/test.js names the files by it. A test that runs egg-bin in an app of its own would have it run them again.
delete process.env.TESTS;

module.exports = {
  // Files run side by side, in processes that each take one file after another. One file runs as egg-bin would run it.
  parallel: process.cwd() === __dirname && process.argv.filter(argument => argument.endsWith('.test.ts')).length > 1,
  // One more than there are cores, as many tests wait.
  jobs: availableParallelism() + 1,
  require: [ require.resolve('mochawesome-with-mocha/register') ],
};
