import { connect, type Server, type Socket } from 'node:net';

/** How the processes of an app reach each other, by the paths of their endpoints. */
export interface Sockets {
  connect(endpoint: string): Socket;
  /** @return resolves when the server listens; rejected if it cannot */
  listen(server: Server, endpoint: string): Promise<void>;
}

/** Unix-domain sockets; on Windows, named pipes. */
export const SOCKETS: Sockets = {
  connect: endpoint => connect(endpoint),
  listen: (server, path) => new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // Without `exclusive`, the primary of Node's cluster would listen instead of a worker.
    server.listen({ path, exclusive: true }, resolve);
  }),
};
