'use strict';

// What scripts/test.js prints: a line for each file of tests, and of a failure all that helps to mend it.

/** The most lines of a log that are shown with a failure, its last ones. */
const LINES = 200;

const countOf = (tests, outcome) => tests.filter(test => test.outcome === outcome).length;

function countsOf(tests) {
  const words = { pass: 'passed', fail: 'failed', pending: 'skipped' };
  const counts = Object.entries(words).map(([ outcome, word ]) => [ countOf(tests, outcome), word ]);
  return counts.filter(([ count, word ]) => count > 0 || word === 'passed').map(each => each.join(' ')).join(', ');
}

function indent(text, by) {
  const lines = text.trimEnd().split('\n');
  const left = lines.length > LINES ? [ `(${lines.length - LINES} lines before)` ] : [];
  return [ ...left, ...lines.slice(-LINES) ].map(line => by + line).join('\n');
}

/** Lines that tests print with an indent, to be seen though they pass: seeds, and why something was skipped. */
function notesOf(output) {
  return output.split('\n').filter(line => /^ {6,}\S/.test(line) && /[A-Z_]{5,}=|skipped:/.test(line));
}

/** Shows what became of the files of a process. */
function showEnded({ files, code, tests, seconds, output }) {
  for (const file of files) {
    const own = tests.filter(test => test.file === file);
    const failed = own.filter(({ outcome }) => outcome === 'fail');
    if (own.length > 0) console.log(`${failed.length > 0 ? 'FAILED' : 'ok    '} ${file}: ${countsOf(own)} (${Math.round(seconds[file] ?? 0)} s)`);
    for (const { error, from, to } of failed) {
      console.log(indent(error.trimStart(), '    '));
      const log = Buffer.from(output).subarray(from, to).toString().replace(/^=== .*\n/gm, '');
      if (log.trim()) console.log(`    Its log:\n${indent(log, '      ')}`);
    }
  }
  if (code === 0) {
    for (const note of notesOf(output)) console.log(note);
  } else if (countOf(tests, 'fail') === 0) {
    console.log(`FAILED ${files.join(' ')}: the process ended with ${code}, and printed\n${indent(output, '      ')}`);
  }
}

/** Says how to run just those again that have failed. */
function showFailed(ended) {
  const failed = ended.filter(({ code }) => code !== 0);
  if (failed.length === 0) return;
  console.log('\nTo run again what has failed:');
  for (const { files, tests } of failed) {
    const chosen = tests.filter(({ outcome }) => outcome === 'fail');
    const commands = chosen.map(({ file, title, isHook }) => {
      // A hook cannot be chosen by its title.
      const grep = isHook ? '' : ` --grep ${JSON.stringify(title.replace(/[.*+?^${}()|[\]\\"'`]/g, '.'))}`;
      return `  npx egg-bin test ${file}${grep}`;
    });
    for (const command of new Set(commands)) console.log(command);
    if (files.length > 1 || chosen.length === 0) console.log(`  node scripts/test.js ${files.join(' ')}${files.length > 1 ? '   # the files of its process' : ''}`);
  }
}

/** Shows the sum of all. */
function showSum(ended, seconds) {
  const tests = ended.flatMap(each => each.tests);
  console.log(`\n${countOf(tests, 'pass')} passed, ${countOf(tests, 'fail')} failed, ${countOf(tests, 'pending')} skipped (${Math.round(seconds)} s)`);
}

module.exports = { showEnded, showFailed, showSum };
