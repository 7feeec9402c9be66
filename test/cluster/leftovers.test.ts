import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { ClusterProcess } from '../support/cluster_process';

/** Whether a process runs. One that has ended, and whose parent does not ask for its exit code, still takes signals. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync('/proc/self/stat') || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('test/cluster/leftovers.test.ts', function() {
  this.timeout(120_000);
  // A path of a socket must be short.
  const parent = mkdtempSync(path.join(os.tmpdir(), 'left-'));
  const folders = () => readdirSync(parent).filter(name => name.startsWith('egg-socketio-'));
  after(() => rmSync(parent, { recursive: true, force: true }));

  it('a killed cluster leaves its folder, which the next start of any app removes; a stopped one leaves none', async () => {
    const start = () => ClusterProcess.start({ workers: 2, variables: { TMPDIR: parent } });
    const killed = await start();
    const [ left, ...more ] = folders();
    assert.deepEqual([ readdirSync(path.join(parent, left)).length, more ], [ 3, []]);
    await killed.kill();
    // It ends by itself when its master is gone.
    while (isAlive(killed.agent)) await rest(20);
    assert.deepEqual(folders(), [ left ]);

    const cluster = await start();
    const [ own, ...others ] = folders();
    assert.notEqual(own, left);
    assert.deepEqual(others, []);
    assert.equal(await cluster.stop(), 0);
    assert.deepEqual(folders(), []);
  });
});
