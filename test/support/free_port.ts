import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * The first port and how many there are. They are below those that systems give to outgoing connections: of those, one may be taken
 * before its server listens. `npm test` gives each of the processes that run at a time ports of its own: a client that one test left
 * without a server, and that tries to reconnect, would talk to a server of another one.
 */
const [ FIRST, COUNT ] = (process.env.TEST_PORTS ?? '20000 10000').split(' ').map(Number) as [number, number];

/** In turn, so that a server that is stopped and started again finds its port free. */
let next = Math.floor(Math.random() * COUNT);

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const port = FIRST + next;
  next = (next + 1) % COUNT;
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return freePort();
    throw error;
  }
  server.close();
  await once(server, 'close');
  return port;
}

/** The ports on which the processes of one Egg cluster talk to each other. */
export async function ownPorts(): Promise<{ clusterPort: number; stickyWorkerPort: number }> {
  return { clusterPort: await freePort(), stickyWorkerPort: await freePort() };
}
