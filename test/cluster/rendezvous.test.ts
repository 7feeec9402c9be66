import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Context } from 'mocha';
import { ensureFolder, isAlive, rendezvousOf, sweepFolders } from '../../lib/cluster/rendezvous';

const SOMEBODY = 12_345;

/** Only root can make a folder somebody else's; the machine that decides what is merged runs as root. */
function needsRoot(test: Context): void {
  if (process.getuid?.() === 0) return;
  assert.ok(!process.env.CI, 'the tests have to run as root in CI, or nobody sees whether folders of other users are left alone');
  test.skip();
}

/** Leaves the file of a socket on which nobody listens, as a killed process does. */
async function leaveSocket(file: string): Promise<void> {
  const server = createServer().listen(`${file}.new`);
  await once(server, 'listening');
  renameSync(`${file}.new`, file);
  await new Promise(resolve => { server.close(resolve); });
}

describe('test/cluster/rendezvous.test.ts', () => {
  const { TMPDIR } = process.env;
  let parent: string;
  let own: ReturnType<typeof rendezvousOf>;

  beforeEach(() => {
    parent = process.env.TMPDIR = mkdtempSync(path.join(os.tmpdir(), 'rv-'));
    own = rendezvousOf('own-0');
    ensureFolder(own);
  });
  afterEach(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(parent, { recursive: true, force: true });
  });

  /** The folder of a cluster whose processes were killed. */
  async function leaveFolder(name = 'stale-0'): Promise<string> {
    const folder = rendezvousOf(name).folder!;
    mkdirSync(folder, { mode: 0o700 });
    await leaveSocket(path.join(folder, 'agent.sock'));
    await leaveSocket(path.join(folder, 'abcd_-12.sock'));
    return folder;
  }

  function assertUntouched(folder: string): void {
    assert.deepEqual(readdirSync(folder).sort(), [ 'abcd_-12.sock', 'agent.sock' ]);
  }

  it('a process that closes each new connection is alive, one that listens no more is not', async () => {
    const endpoint = own.endpointOf('abcd1234');
    const server = createServer(connection => connection.destroy()).listen(endpoint);
    await once(server, 'listening');
    for (let i = 0; i < 20; i++) assert.equal(await isAlive(endpoint), true);
    await new Promise(resolve => { server.close(resolve); });
    assert.equal(await isAlive(endpoint), false);
    await leaveSocket(endpoint);
    assert.equal(await isAlive(endpoint), false);
  });

  it('removes the folder of a killed cluster, and keeps those of running and of starting clusters', async () => {
    const stale = await leaveFolder();
    const living = await leaveFolder('living-0');
    const server = createServer().listen(path.join(living, 'efgh1234.sock'));
    await once(server, 'listening');
    const starting = rendezvousOf(`${process.pid}-starting`);
    ensureFolder(starting);
    await sweepFolders(own);
    assert.deepEqual([ stale, living, starting.folder!, own.folder! ].map(existsSync), [ false, true, true, true ]);
    assert.deepEqual(readdirSync(living).sort(), [ 'abcd_-12.sock', 'agent.sock', 'efgh1234.sock' ]);
    server.close();
  });

  it('keeps a folder of another user, even if its name looks like one of ours', async function() {
    needsRoot(this);
    const folder = await leaveFolder();
    chownSync(folder, SOMEBODY, SOMEBODY);
    await sweepFolders(own);
    assertUntouched(folder);
  });

  it('keeps a folder that others may enter', async () => {
    const folder = await leaveFolder();
    chmodSync(folder, 0o755);
    await sweepFolders(own);
    assertUntouched(folder);
  });

  it('does not follow a symbolic link with the name of a folder', async () => {
    const elsewhere = await leaveFolder();
    const moved = path.join(parent, 'elsewhere');
    renameSync(elsewhere, moved);
    symlinkSync(moved, elsewhere);
    await sweepFolders(own);
    assertUntouched(moved);
  });

  it('removes only sockets with our names, and keeps a folder that contains other files', async () => {
    const folder = await leaveFolder();
    const other = path.join(parent, 'precious');
    writeFileSync(other, 'precious');
    writeFileSync(path.join(folder, 'notes.txt'), '');
    writeFileSync(path.join(folder, 'nosocket.sock'), '');
    symlinkSync(other, path.join(folder, 'linked12.sock'));
    mkdirSync(path.join(folder, 'folder12.sock'));
    writeFileSync(path.join(folder, 'folder12.sock', 'inside'), '');
    await leaveSocket(path.join(folder, 'a name that is not ours.sock'));
    await sweepFolders(own);
    assert.deepEqual(readdirSync(folder).sort(), [ 'a name that is not ours.sock', 'folder12.sock', 'linked12.sock', 'nosocket.sock', 'notes.txt' ]);
    assert.deepEqual(readdirSync(path.join(folder, 'folder12.sock')), [ 'inside' ]);
    assert.ok(existsSync(other));
  });

  describe('when a cluster starts where there is something already', () => {
    function refused(problem: RegExp): void {
      assert.throws(() => ensureFolder(own), (error: Error & { code: string }) => {
        assert.equal(error.code, 'CLUSTER_UNAVAILABLE');
        assert.ok(error.message.includes(`${own.folder}: expected a folder that belongs to this user`), error.message);
        assert.match(error.message, problem);
        assert.match(error.message, /Remove it, or set TMPDIR to a private folder/);
        return true;
      });
    }

    it('it uses a folder of the same user', () => {
      ensureFolder(own);
    });

    it('it refuses a folder that others may enter', () => {
      chmodSync(own.folder!, 0o777);
      refused(/it has mode 0777/);
    });

    it("it refuses another user's folder", function() {
      needsRoot(this);
      chownSync(own.folder!, SOMEBODY, SOMEBODY);
      refused(/it belongs to another user \(uid 12345\)/);
    });

    it('it refuses a symbolic link, wherever that leads', () => {
      const moved = path.join(parent, 'elsewhere');
      renameSync(own.folder!, moved);
      symlinkSync(moved, own.folder!);
      refused(/it is not a folder/);
    });

    it('it refuses a file', () => {
      rmSync(own.folder!, { recursive: true });
      writeFileSync(own.folder!, '');
      refused(/it cannot be created/);
    });
  });
});
