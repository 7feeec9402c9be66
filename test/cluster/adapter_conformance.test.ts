import type { ServerOptions } from 'socket.io';
import { createEmbeddedAdapter } from '../../lib/adapter/adapter';
import { TestServer } from '../support/adapter/memory_cluster';
import { adapterConformance, prepareServer, type ServersUnderTest } from '../support/adapter_conformance';
import { MemoryNetwork } from '../support/memory_peers';

async function start(recovery: boolean, adapters: (ServerOptions['adapter'] | undefined)[]): Promise<ServersUnderTest> {
  const servers = await Promise.all(adapters.map((adapter, i) => {
    const server = new TestServer({ adapter, connectionStateRecovery: recovery ? {} : undefined });
    prepareServer(server.io, `${i}`);
    return server.listen();
  }));
  return { servers, async close() { await Promise.all(servers.map(server => server.close())); } };
}

describe('test/cluster/adapter_conformance.test.ts', () => {
  adapterConformance("Socket.IO's own adapter", recovery => start(recovery, [ undefined ]), { servers: 1, recovery: 'same server' });

  for (const servers of [ 1, 3 ] as const) {
    adapterConformance('the embedded adapter', recovery => {
      const network = new MemoryNetwork();
      return start(recovery, Array.from({ length: servers }, () => createEmbeddedAdapter(network.join())));
    }, { servers, recovery: servers > 1 ? 'all servers' : 'same server' });
  }
});
