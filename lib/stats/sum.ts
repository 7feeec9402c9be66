import type { Stats, WorkerStats } from './types';

/** Figures by name, or what has such in it. */
interface Figures { [name: string]: number | Figures }

function add(sum: Figures, figures: Figures): Figures {
  for (const [ name, figure ] of Object.entries(figures)) {
    const before = sum[name];
    if (typeof figure === 'number') sum[name] = (before as number | undefined ?? 0) + figure;
    else sum[name] = add(before as Figures | undefined ?? {}, figure);
  }
  return sum;
}

/** Adds up what workers have counted; what cannot be added up is left out. */
export function sumOf(workers: readonly WorkerStats[]): Stats {
  const sum: Figures = {};
  for (const worker of workers) {
    const { connections, namespaces, events, errors, bufferedBytes, refused, forwarded, relayed, takeOvers, recovery, redis } = worker;
    const stats: Stats = {
      connections, namespaces, events, errors, bufferedBytes, refused, forwarded, relayed, takeOvers, recovery, redis,
    };
    add(sum, stats as unknown as Figures);
  }
  return sum as unknown as Stats;
}
