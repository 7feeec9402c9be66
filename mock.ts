/// <reference path="./lib/mock/egg_esm.d.mts" preserve="true" />
import { patchCluster } from './lib/mock/cluster';
import { TestClient } from './lib/mock/test_client';
import type { ClientOf, ClientOptionsFor, MockSocketEvent } from './lib/mock/typed';

export type {
  BroadcastEvent, ClientError, EmittedEvent, MockedContext, MockSocketEventOptions, SocketEventResult,
} from './lib/mock/event_types';
export type { ClientOptions } from './lib/mock/test_client';
export { SocketIOTestClient } from './lib/mock/typed';

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
export async function createSocketIOClient<const Namespace extends string = '/'>(
  options: ClientOptionsFor<Namespace> = {},
): Promise<ClientOf<Namespace>> {
  return await new TestClient(options).connect() as unknown as ClientOf<Namespace>;
}

patchCluster();

declare module 'egg' {
  interface Application {
    /**
     * Connects a test client to this app (unittest env only), through a port that is opened for it at the first call,
     * or `config.socketio.port`.
     *
     * @param options - all but protocol, host, port and path are worth giving
     */
    createSocketIOClient<const Namespace extends string = '/'>(options?: ClientOptionsFor<Namespace>): Promise<ClientOf<Namespace>>;

    /**
     * Sends one event through everything that a client's event meets but the network (unittest env only): a socket connects to
     * the namespace, sends the event, and leaves when its handler has finished.
     *
     * @param namespace - `'chat'` and `'/chat'` are the same
     * @param event - `'connection'` for what happens at a connect, `'disconnect'` for what happens when a client leaves
     * @param args - what the client sends, without an ack function; for `'disconnect'` the reason. Default: none
     * @param options - default: a client that asks for an ack, with nothing mocked
     * @return what was acked, emitted and broadcast; an error that the client is told of is in `error`, and does not reject
     * @throws {Error} where there is no such namespace or nobody handles the event; where the connection was refused, with the
     * `data` of `connect_error`; where something has not finished in time. {@link TypeError} for a wrong argument
     * @see docs/testing.md
     *
     * @example
     * const { ack, broadcast } = await app.mockSocketEvent('/chat', 'join', [ 'lobby' ], { ctx: { user: { name: 'Ada' } } });
     */
    mockSocketEvent: MockSocketEvent;
  }
}
