import { patchCluster } from './lib/mock/cluster';
import { type ClientOptions, SocketIOTestClient } from './lib/mock/test_client';

export { type ClientOptions, SocketIOTestClient } from './lib/mock/test_client';

/**
 * Connects a test client.
 *
 * @param options - where to, and everything that socket.io-client takes
 * @return the client, once its namespace has accepted it
 * @throws what `connect_error` brings: a refusal with its `message` and `data`, or a server that cannot be reached
 * @see docs/testing.md
 *
 * @example
 * const client = await createSocketIOClient({ port: 7001, namespace: '/chat', auth: { token } });
 * assert.deepEqual(await client.sendWithAck('sum', 1, 2), 3);
 * await client.close();
 */
export async function createSocketIOClient(options: ClientOptions = {}): Promise<SocketIOTestClient> {
  return new SocketIOTestClient(options).connect();
}

try {
  patchCluster(require('egg-mock'));
} catch (error) {
  // Without egg-mock there is no cluster to patch; the client is of use all the same.
  if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
}

declare module 'egg' {
  interface Application {
    /**
     * Connects a test client to this app (unittest env only), through a port that is opened for it at the first call,
     * or `config.socketio.port`.
     *
     * @param options - all but protocol, host, port and path are worth giving
     */
    createSocketIOClient(options?: ClientOptions): Promise<SocketIOTestClient>;
  }
}
