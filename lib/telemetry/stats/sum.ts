import type { Stats } from '../../types/stats';
import type { WorkerStats } from '../../types/worker_stats';

/**
 * Adds up values by name, including nested ones.
 *
 * @param all - numbers by name, or objects of such; one may lack a name that another has
 */
export function sumUp<T extends object>(all: readonly T[]): T {
  const parts = new Map<string, unknown[]>();
  for (const figures of all) {
    for (const [ name, figure ] of Object.entries(figures)) {
      const before = parts.get(name);
      if (before) before.push(figure);
      else parts.set(name, [ figure ]);
    }
  }
  // A name may be that of an event or an error of the app, such as 'constructor', to which an assignment would not work.
  return Object.fromEntries([ ...parts ].map(([ name, figures ]) => [
    name, typeof figures[0] === 'number' ? (figures as number[]).reduce((sum, figure) => sum + figure) : sumUp(figures as object[]),
  ])) as T;
}

/** Adds up the counts of workers; values that cannot be added up are left out. */
export function sumOf(workers: readonly WorkerStats[]): Stats {
  return sumUp(workers.map(worker => {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars
    const { id, pid, number, uptime, peers, links, process, eventLoopDelay, ...figures } = worker;
    return figures;
  }));
}
