'use strict';

// mocha's reporter `spec`, which also writes what became of each test to a file, for scripts/test.js.
const { writeFileSync } = require('node:fs');
const Spec = require('mocha/lib/reporters/spec');

module.exports = class TestReporter extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const { TEST_RESULTS: file } = process.env;
    // A test may run egg-bin in an app of its own.
    delete process.env.TEST_RESULTS;
    delete process.env.TEST_REPORTER;
    const tests = [];
    for (const outcome of [ 'pass', 'fail', 'pending' ]) {
      runner.on(outcome, ({ title, type }) => { tests.push({ outcome, title, isHook: type === 'hook' }); });
    }
    runner.once('end', () => writeFileSync(file, JSON.stringify(tests)));
  }
};
