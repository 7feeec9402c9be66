import mm, { type MockApplication, type MockOption } from 'egg-mock';
import { freePort } from './free_port';

/**
 * `mm.app()`, whose agent and app talk over a port that no outgoing connection can take. The one that egg-mock finds is
 * among those, and is free when it looks, and not always when the agent listens.
 *
 * @param options - as `mm.app()` takes them, besides `beforeInit`
 */
export function mockApp(options: MockOption): MockApplication {
  const beforeInit = async ({ options: chosen }: { options: object }): Promise<void> => {
    const port = await freePort();
    // egg-mock sets it after this.
    Object.defineProperty(chosen, 'clusterPort', { get: () => port, set() { /* it stays */ }, enumerable: true });
  };
  return mm.app({ ...options, beforeInit } as MockOption);
}
