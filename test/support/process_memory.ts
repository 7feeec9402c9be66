import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Kilobytes; to start `ps` from a test that asks often takes longer than what it measures. */
function residentKilobytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  if (existsSync(status)) return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(status, 'utf8'))![1]);
  return Number(execFileSync('ps', [ '-o', 'rss=', '-p', String(pid) ], { encoding: 'utf8' }));
}

/** Bytes of memory that a process has now. */
export function residentBytes(pid: number): number {
  return residentKilobytes(pid) * 1024;
}
