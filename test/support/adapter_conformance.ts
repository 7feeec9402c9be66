import { describeBroadcast } from './adapter/broadcast';
import { describeRecovery } from './adapter/recovery';
import { describeAcks, describeAcksOneByOne, describeSockets } from './adapter/requests';
import { describeServers } from './adapter/servers';
import { type ServersUnderTest, World } from './adapter/world';

export { prepareServer } from './adapter/server';
export type { ServersUnderTest, ServerUnderTest } from './adapter/world';

/** What is left out: what an engine that is not ours may fail at, and values that the plugin's own servers refuse to send. */
export type Limit = 'half characters' | 'volatile is recovered' | 'values that JSON loses' | 'events between servers have an order of their own';

/** What is tested. */
export interface ConformanceOptions {
  /** How many. With one, what makes sense between servers only is left out. */
  servers: number;
  /** Where a client may come back to recover its session. @default 'nowhere' */
  recovery?: 'nowhere' | 'same server' | 'all servers';
  /** What is left out, because the engine cannot do it. @default [] */
  limits?: readonly Limit[];
  /** More tests, of the servers without recovery. */
  besides?(world: World): void;
}

/**
 * What an adapter has to do, seen from outside: by clients, and by what Socket.IO's API returns.
 *
 * @param name - of the adapter
 * @param setup - starts the servers; `recovery` tells whether connection state recovery is to be on
 */
export function adapterConformance(
  name: string, setup: (recovery: boolean) => Promise<ServersUnderTest>, { servers, recovery = 'nowhere', limits = [], besides }: ConformanceOptions,
): void {
  describe(`${name}, ${servers} server(s)`, () => {
    describe('without recovery', () => {
      const world = new World(() => setup(false));
      world.use();
      describeBroadcast(world, limits);
      describeAcks(world);
      describeAcksOneByOne(world);
      describeSockets(world);
      if (servers > 1) describeServers(world, limits);
      besides?.(world);
    });

    if (recovery !== 'nowhere') {
      describe('with recovery', () => {
        const world = new World(() => setup(true));
        world.use();
        describeRecovery(world, recovery === 'all servers', limits);
      });
    }
  });
}
