/**
 * The test client.
 *
 * @module egg-socketio/mock
 */
/// <reference path="./lib/mock/egg_esm.d.mts" preserve="true" />
import { patchCluster } from './lib/mock/cluster';
import { TestClient } from './lib/mock/test_client';
import type { ClientOf, ClientOptionsFor, CreateSocketIOClient, MockSocketEvent } from './lib/mock/typed';

export type {
  BroadcastEvent, ClientError, EmittedEvent, MockedContext, MockSocketEventOptions, SocketEventResult,
} from './lib/mock/event_types';
export type { ClientOptions } from './lib/mock/test_client';
export { invalid } from './lib/mock/invalid';
export { SocketIOTestClient } from './lib/mock/typed';

/**
 * Connects a test client.
 *
 * @param options - the address, and all options of socket.io-client
 * @return the client, once its namespace has accepted it
 * @throws the error of `connect_error`: a rejection with its `message` and `data`, or a server that cannot be reached
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
     * Connects a test client to this app (unittest env only), through `config.socketio.port`, or a port that is opened at the first call.
     *
     * @param options - the options of {@link createSocketIOClient}; protocol, host, port and path are set already
     */
    createSocketIOClient: CreateSocketIOClient;

    /**
     * Sends one event without a network (unittest env only): a socket connects to the namespace, sends the event, and leaves when its
     * handler has finished. Everything else runs as for a real client.
     *
     * @param namespace - `'chat'` and `'/chat'` are the same
     * @param event - the event's name; `'connection'` runs the connection handlers, `'disconnect'` the disconnect handlers
     * @param args - the client's arguments, without an ack function; for `'disconnect'` the reason. Default: none
     * @param options - default: a client that asks for an ack, with nothing mocked
     * @return everything that was acked, emitted and broadcast; an error that the client gets is in `error`, and does not reject
     * @throws {Error} if the namespace does not exist or the event has no handler; if the connection was rejected, with the
     * `data` of `connect_error`; if something has not finished in time. {@link TypeError} for an invalid argument
     * @see docs/testing.md
     *
     * @example
     * const { ack, broadcast } = await app.mockSocketEvent('/chat', 'join', [ 'lobby' ], { ctx: { user: { name: 'Ada' } } });
     */
    mockSocketEvent: MockSocketEvent;
  }
}
