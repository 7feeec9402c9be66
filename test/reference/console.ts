import mm from 'egg-mock';

/** What a controller of these suites writes next with console.log. */
export function nextConsoleLine(): Promise<unknown[]> {
  return new Promise(resolve => { mm(console, 'log', (...args: unknown[]) => resolve(args)); });
}
