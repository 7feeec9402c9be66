import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { childrenOf } from '../support/child_processes';

const ROOT = path.join(__dirname, '../..');
const SCRIPT = path.join(ROOT, 'scripts/test_stress.js');
const LATE = path.join(ROOT, 'scripts/late.js');

interface Result { readonly code: unknown; readonly stdout: string; readonly stderr: string }

function runNode(...args: string[]): Promise<Result> {
  return new Promise(resolve => {
    execFile(process.execPath, args, { cwd: ROOT, env: { ...process.env, LATE_SEED: '7', NODE_OPTIONS: '' } }, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('test/base/stress.test.ts', function() {
  this.timeout(180_000);

  const MISTAKES: [string, string[], RegExp][] = [
    [ 'without a file', [], /^Expected at least one file of tests/ ],
    [ 'with a file that does not exist', [ 'test/missing.test.ts' ], /^test\/missing\.test\.ts: expected a file of tests/ ],
    [ 'with a file that has no tests', [ 'lib/base/once.ts' ], /^lib\/base\/once\.ts: expected a file of tests/ ],
    [ 'with a --times that is no number', [ 'test/basic.test.ts', '--times', 'x' ], /^--times: expected a whole number above 0, but got x\.$/m ],
    [ 'with a --times that has no value', [ 'test/basic.test.ts', '--times' ], /^--times: expected a whole number above 0, but got nothing\.$/m ],
  ];
  for (const [ how, args, expected ] of MISTAKES) {
    it(`the stress run fails at once, with an example, ${how}`, async () => {
      const { code, stderr } = await runNode(SCRIPT, ...args);
      assert.equal(code, 1);
      assert.match(stderr, expected);
      assert.match(stderr, /npm run test:stress -- test\/basic\.test\.ts --times 20/);
    });
  }

  it('a failed stress run shows the failure with its log, and ends with the command that repeats it', async () => {
    const { code, stdout } = await runNode(SCRIPT, 'test/fixtures/stress/fails.test.ts', '--times', '1');
    assert.equal(code, 1);
    assert.match(stdout, /it always does/);
    assert.match(stdout, /Its log:\n\s+what it has printed/);
    assert.match(stdout, /^0 of 1 passed$/m);
    assert.equal(stdout.trimEnd().split('\n').at(-1), '  LATE_SEED=7 npm run test:stress -- test/fixtures/stress/fails.test.ts --grep "fails .here." --times 1');
  });

  it('a stress run that is interrupted ends everything that it has started', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const stress = spawn(process.execPath, [ SCRIPT, 'test/fixtures/stress/hangs.test.ts' ], {
      stdio: 'ignore', env: { ...process.env, NODE_OPTIONS: '', TEST_PORT: String((server.address() as AddressInfo).port) },
    });
    try {
      const [ socket ] = await connected;
      socket.on('error', () => undefined).resume();
      const children = childrenOf(stress.pid!);
      assert.ok(children.length > 1, 'there are busy loops and a run');
      const ended = Promise.all([ once(stress, 'exit'), once(socket, 'close') ]);
      stress.kill('SIGINT');
      assert.deepEqual((await ended)[0], [ 1, null ]);
      while (children.some(isAlive)) await setTimeout(10);
    } finally {
      stress.kill('SIGKILL');
      server.close();
    }
  });

  it('late timers keep their order, and one that is too long still runs at once', async () => {
    const program = `
      const order = [];
      setTimeout(() => order.push('too long'), 2 ** 31);
      // In the order of their ends, which then is the same if the process is stopped in between.
      for (let i = 0; i < 200; i++) setTimeout(() => order.push(i), 10 + i * 5);
      setTimeout(() => console.log(JSON.stringify(order)), 10 + 200 * 5);
    `;
    const { stdout } = await runNode('--no-warnings', '--require', LATE, '-e', program);
    assert.deepEqual(JSON.parse(stdout), [ 'too long', ...Array.from({ length: 200 }, (_, i) => i) ]);
  });

  it('late files are the files that were asked for, in every form of the functions and in streams', async () => {
    const program = `
      const fs = require('node:fs');
      const file = ${JSON.stringify(LATE)};
      const { promisify } = require('node:util');
      fs.readFile(file, 'utf8', async (error, read) => {
        const all = [ read, await fs.promises.readFile(file, 'utf8'), await promisify(fs.readFile)(file, 'utf8') ];
        const { readFile } = await import('node:fs/promises');
        all.push(await readFile(file, 'utf8'), fs.readFileSync(file, 'utf8'));
        const copy = require('node:path').join(fs.mkdtempSync(require('node:os').tmpdir() + '/late-'), 'copy');
        const stream = fs.createWriteStream(copy);
        for (const line of read.split(/(?<=\\n)/)) stream.write(line);
        await promisify(stream.end).call(stream);
        all.push(fs.readFileSync(copy, 'utf8'));
        fs.rmSync(require('node:path').dirname(copy), { recursive: true });
        console.log(JSON.stringify([ error, new Set(all).size ]));
      });
    `;
    const { stdout } = await runNode('--require', LATE, '-e', program);
    assert.deepEqual(JSON.parse(stdout), [ null, 1 ]);
  });
});
