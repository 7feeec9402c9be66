import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import mm, { type MockApplication } from 'egg-mock';
import { freePort } from './free_port';

const FIXTURES = path.join(__dirname, '../fixtures');

/**
 * `mm.cluster()` with a copy of a fixture and a port of its own. Files of tests run side by side, and each process of theirs would
 * take port 17001, and write its configuration to the same `run/application_config.json`.
 *
 * @return also closes the app, and removes the copy
 */
export async function startOwnCluster(fixture: string): Promise<{ app: MockApplication; stop(): Promise<void> }> {
  const parent = path.join(FIXTURES, 'inline');
  mkdirSync(parent, { recursive: true });
  const baseDir = mkdtempSync(path.join(parent, 'app-'));
  // Without what another file's test writes there at the same time, which may be gone before it is copied.
  const isSource = (file: string) => ![ 'logs', 'run', 'typings' ].includes(path.basename(file));
  cpSync(path.join(FIXTURES, 'apps', fixture), baseDir, { recursive: true, filter: isSource });
  const options = { baseDir, port: await freePort(), workers: 1, cache: false, coverage: false };
  const app = mm.cluster(options);
  return {
    app,
    async stop() {
      await app.close();
      rmSync(baseDir, { recursive: true, force: true });
    },
  };
}
