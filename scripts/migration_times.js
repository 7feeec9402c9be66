'use strict';

// Prints how long `egg-socketio migrate` takes with the apps of test/fixtures/migrate, as the table in the docs: a process for each app,
// from the start of the command to its end, with the loading of TypeScript. node scripts/migration_times.js
const { execFileSync } = require('node:child_process');
const { cpSync, mkdtempSync, readdirSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const APPS = path.join(ROOT, 'test/fixtures/migrate');

const PROGRAM = `
  const { run } = require(${JSON.stringify(path.join(ROOT, 'lib/command/cli.ts'))});
  let out = '';
  const stdout = { write: text => { out += text; } };
  const began = performance.now();
  run([ 'migrate', '--write', '--no-git' ], { cwd: process.cwd(), stdin: process.stdin, stdout, stderr: process.stderr }).then(code => {
    const count = sign => out.split('\\n').filter(line => line.startsWith(sign) && !line.startsWith(sign.repeat(3))).length;
    const left = [ ...out.matchAll(/^ {2}\\S+:\\d+ {2}/gm) ].length;
    const files = Number(/^Changed (\\d+)/m.exec(out)[1]);
    console.log(JSON.stringify({ code, files, added: count('+'), removed: count('-'), left, ms: performance.now() - began }));
  });`;

const folder = mkdtempSync(path.join(tmpdir(), 'egg-socketio-times-'));
try {
  console.log('| App | Files changed | Lines added, removed | Left to you | Seconds |\n| --- | --- | --- | --- | --- |');
  for (const { name } of readdirSync(APPS, { withFileTypes: true }).filter(entry => entry.isDirectory())) {
    const cwd = path.join(folder, name);
    cpSync(path.join(APPS, name, 'before'), cwd, { recursive: true });
    const printed = execFileSync(process.execPath, [ '-r', require.resolve('tsx/cjs'), '-e', PROGRAM ], { cwd, encoding: 'utf8' });
    const { files, added, removed, left, ms } = JSON.parse(printed);
    console.log(`| \`${name}\` | ${files} | ${added}, ${removed} | ${left} | ${(ms / 1000).toFixed(1)} |`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
