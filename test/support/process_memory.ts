import { execFileSync } from 'node:child_process';

/** Bytes of memory that a process has now. */
export function residentBytes(pid: number): number {
  return Number(execFileSync('ps', [ '-o', 'rss=', '-p', String(pid) ], { encoding: 'utf8' })) * 1024;
}
