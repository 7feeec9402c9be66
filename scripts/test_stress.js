'use strict';

// Runs files of tests again and again on a busy machine: `npm run test:stress -- FILE... [--times 20] [--grep TITLE]`.
//
// Beside them, one busy loop for each core takes processor time, and in each of their processes timers and files come late, by a
// random time of up to LATE. A test that fails here and not alone waits for time to pass, or has found what users see at night.
const { spawn } = require('node:child_process');
const { availableParallelism } = require('node:os');
const path = require('node:path');

const BUSY = 'for (;;);';

function runOnce(args) {
  const slow = JSON.stringify(path.join(__dirname, 'late.js'));
  const env = { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --require=${slow}` };
  const child = spawn(process.execPath, [ path.join(__dirname, 'test.js'), ...args ], { env, stdio: [ 'ignore', 'pipe', 'pipe' ] });
  const said = [];
  for (const stream of [ child.stdout, child.stderr ]) stream.on('data', chunk => said.push(chunk));
  return new Promise(resolve => { child.once('close', code => resolve({ code, output: Buffer.concat(said).toString() })); });
}

async function main(args) {
  const at = args.indexOf('--times');
  const times = at < 0 ? 20 : Number(args[at + 1]);
  const rest = at < 0 ? args : [ ...args.slice(0, at), ...args.slice(at + 2) ];
  if (!(times > 0) || !rest[0]?.endsWith('.test.ts')) {
    console.error('Name at least one file of tests: npm run test:stress -- test/basic.test.ts --times 20');
    return 1;
  }
  const loops = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, [ '-e', BUSY ], { stdio: 'ignore' }));
  process.once('exit', () => loops.forEach(loop => loop.kill('SIGKILL')));
  for (const signal of [ 'SIGINT', 'SIGTERM' ]) process.once(signal, () => process.exit(1));
  let failed = 0;
  for (let i = 1; i <= times; i++) {
    const { code, output } = await runOnce(rest);
    if (code !== 0) {
      failed += 1;
      console.log(output);
    }
    console.log(`${i} of ${times}: ${code === 0 ? 'passed' : 'FAILED'}`);
  }
  console.log(`${times - failed} of ${times} passed`);
  return failed > 0 ? 1 : 0;
}

main(process.argv.slice(2)).then(code => process.exit(code));
