import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runOrThrow } from './command';

/** The development dependencies that the build needs. An install from Git installs all of them, which takes a minute longer. */
const NEEDED_TO_BUILD = /^(typescript|esbuild|egg|msgpackr|prom-client|socket\.io-client|@socket\.io\/admin-ui|@types\/.*)$/;

/**
 * Makes a copy of the sources a Git repository with one commit.
 *
 * @return its URL, with the commit, for a package manager
 */
export async function makeRepository(sources: string): Promise<string> {
  const file = path.join(sources, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { devDependencies: Record<string, string> };
  const kept = Object.entries(manifest.devDependencies).filter(([ name ]) => NEEDED_TO_BUILD.test(name));
  writeFileSync(file, JSON.stringify({ ...manifest, devDependencies: Object.fromEntries(kept) }));
  const git = (...args: string[]) => runOrThrow('git', args, { cwd: sources, timeout: 30_000 });
  await git('init', '--quiet');
  await git('add', '--all');
  await git('-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message=sources');
  const { stdout } = await git('rev-parse', 'HEAD');
  return `git+file://${sources}#${stdout.trim()}`;
}
