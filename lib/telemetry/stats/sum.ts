import type { Stats, WorkerStats } from '../../types/stats';

/**
 * Adds up figures by name, also those that are further in.
 *
 * @param all - numbers by name, or objects of such; one may lack what another has
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
  // A name may be that of an event or an error of the app's, such as 'constructor', which an assignment would not take.
  return Object.fromEntries([ ...parts ].map(([ name, figures ]) => [
    name, typeof figures[0] === 'number' ? (figures as number[]).reduce((sum, figure) => sum + figure) : sumUp(figures as object[]),
  ])) as T;
}

/** Adds up what workers have counted; what cannot be added up is left out. */
export function sumOf(workers: readonly WorkerStats[]): Stats {
  return sumUp(workers.map(worker => {
    const { connections, namespaces, events, errors, bufferedBytes, refused, forwarded, relayed, takeOvers, recovery, redis } = worker;
    return { connections, namespaces, events, errors, bufferedBytes, refused, forwarded, relayed, takeOvers, recovery, redis };
  }));
}
