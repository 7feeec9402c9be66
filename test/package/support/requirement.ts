import type { Context } from 'mocha';

/** Skips a suite on a machine that lacks what it needs, and says why; on a CI machine, which lacks nothing, it fails instead. */
export function requireOrSkip(suite: Context, isThere: boolean, what: string): void {
  if (isThere) return;
  if (process.env.CI === 'true') throw new Error(`${what}, and CI=true`);
  console.warn(`skipped: ${what}`);
  suite.skip();
}
