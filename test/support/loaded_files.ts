import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * Starts an app of test/fixtures/apps in a process of its own.
 *
 * @return the files that were loaded, with `/` on every system
 */
export async function loadedFilesOf(name: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [ path.join(__dirname, 'start_and_list.js'), name ], {
    env: { ...process.env, EGG_SERVER_ENV: 'unittest', NODE_OPTIONS: '' },
    maxBuffer: 2 ** 24,
  });
  const files = (JSON.parse(stdout.trim().split('\n').at(-1)!) as string[]).map(file => file.split(path.sep).join('/'));
  assert.ok(files.some(file => file.endsWith('/lib/controllers/plan/plan.ts')), 'the plugin is loaded');
  return files;
}
