'use strict';

// A reporter of mocha for scripts/test.js: it writes to a file what became of each test, and which bytes of this process's output were
// written while it ran, so that a failure is shown with its own log. In the output itself it says which test begins, for the case that
// the process does not come to its end.
const { fstatSync, writeFileSync } = require('node:fs');
const { format } = require('node:util');
const Base = require('mocha/lib/reporters/base');

/** The output is a file, to which all processes of the test write. */
const written = () => fstatSync(1).size;

function fileOf(runnable) {
  for (let each = runnable; each; each = each.parent) if (each.file) return each.file;
  return '';
}

/** The error as mocha tells it at the end of a run. */
function textOf(failed) {
  const lines = [];
  const { consoleLog } = Base;
  Base.consoleLog = (...args) => lines.push(format(...args));
  try {
    Base.list([ failed ]);
  } finally {
    Base.consoleLog = consoleLog;
  }
  return lines.join('\n');
}

module.exports = class TestReporter extends Base {
  constructor(runner, options) {
    super(runner, options);
    const { TEST_RESULTS: results } = process.env;
    // A test may run egg-bin in an app of its own.
    delete process.env.TEST_RESULTS;
    delete process.env.TEST_REPORTER;
    const tests = [];
    const seconds = {};
    let from = 0;
    let began = 0;
    const keep = (outcome, runnable) => {
      const isHook = runnable.type === 'hook';
      const test = { outcome, file: fileOf(runnable), title: runnable.titlePath().slice(1).join(' '), isHook };
      if (outcome === 'fail') Object.assign(test, { error: textOf(runnable), from, to: written() });
      tests.push(test);
      from = written();
    };
    for (const outcome of [ 'pass', 'fail', 'pending' ]) runner.on(outcome, runnable => keep(outcome, runnable));
    runner.on('test', test => { process.stdout.write(`=== ${test.fullTitle()}\n`); });
    runner.on('suite', suite => { if (suite.parent?.root) [ from, began ] = [ written(), performance.now() ]; });
    runner.on('suite end', suite => { if (suite.parent?.root) seconds[suite.file] = (performance.now() - began) / 1000; });
    runner.once('end', () => writeFileSync(results, JSON.stringify({ tests, seconds })));
  }
};
