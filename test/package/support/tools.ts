import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Context } from 'mocha';
import { requireOrSkip } from './requirement';

/** Where the packages are that scripts/packaging/package.json lists. */
export const TOOLS = path.join(__dirname, '../../../scripts/packaging/node_modules');

/** Skips a suite if what scripts/packaging/package.json lists is not installed. */
export function requireTools(suite: Context): void {
  requireOrSkip(suite, existsSync(TOOLS), 'the tools are missing: run npm ci --prefix scripts/packaging');
}

/** The path of a program that scripts/packaging/package.json lists. */
export function tool(name: string): string {
  return path.join(TOOLS, '.bin', name);
}
