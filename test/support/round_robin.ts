import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Where a connection is passed on to, on 127.0.0.1. */
export interface Target {
  port: number;
  /** The address that the connection comes from. */
  localAddress?: string;
}

/** A proxy that knows nothing of HTTP. */
export interface RoundRobin {
  readonly port: number;
  close(): Promise<void>;
}

function join(one: Socket, other: Socket): void {
  one.pipe(other);
  one.on('error', () => other.destroy());
  one.on('close', () => other.destroySoon());
}

/** Passes connections on to each of the targets in turn: requests of one session come to all of them. */
export async function startRoundRobin(targets: readonly Target[]): Promise<RoundRobin> {
  const sockets = new Set<Socket>();
  let next = 0;
  const server = createServer(client => {
    const target = connect({ host: '127.0.0.1', ...targets[next++ % targets.length] });
    for (const socket of [ client, target ]) {
      sockets.add(socket.setNoDelay());
      socket.once('close', () => sockets.delete(socket));
    }
    join(client, target);
    join(target, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
