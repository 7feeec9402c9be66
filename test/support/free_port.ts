import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections: of those, one may be taken before its server listens. */
const FIRST = 20_000;
const PORTS = 10_000;

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const port = FIRST + Math.floor(Math.random() * PORTS);
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
