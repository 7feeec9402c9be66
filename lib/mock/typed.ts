import type { AckArgsOf, ArgsOfEvent } from '../controllers/decorator/method_types';
import type { BuiltInEvents } from '../types/answers';
import type { AppTypes, EventsMap, IsDeclared, TypesOfNamespace } from '../types/event_maps';
import type { NamesIn, NamespaceLike } from '../types/names';
import type { MockSocketEventOptions, SocketEventResult } from './event_types';
import { type ClientOptions, TestClient } from './test_client';

export type { ClientOptions } from './test_client';

/** The events that a client gets: the declared ones, and those of the plugin. */
type Received<ServerToClient> = ServerToClient & Omit<BuiltInEvents, keyof ServerToClient>;

/** The methods of a test client with declared events. */
interface TypedMethods<ServerToClient extends EventsMap, ClientToServer extends EventsMap> {
  /** Sends an event to the server; an ack function may come last. */
  send<Event extends keyof ClientToServer & string>(event: Event, ...args: Parameters<ClientToServer[Event]>): this;
  /** The same as `send`. */
  emit<Event extends keyof ClientToServer & string>(event: Event, ...args: Parameters<ClientToServer[Event]>): boolean;
  /** Sends an event and waits for the ack. Resolves to the first argument of the ack. */
  sendWithAck<Event extends keyof ClientToServer & string>(
    event: Event, ...args: ArgsOfEvent<ClientToServer[Event]>
  ): Promise<AckArgsOf<ClientToServer[Event]>[0]>;
  /** Takes the next event of a name, whether it has arrived already or is still to come. */
  next<Event extends NamesIn<Received<ServerToClient>>>(
    event: Event, timeout?: number,
  ): Promise<Parameters<Received<ServerToClient>[Event]>>;
}

/** A test client with declared events. */
interface TypedTestClient<ServerToClient extends EventsMap, ClientToServer extends EventsMap>
  extends Omit<TestClient, keyof TypedMethods<ServerToClient, ClientToServer> | 'connect'>, TypedMethods<ServerToClient, ClientToServer> {
  /** Connects. Resolves to the client, once the namespace has accepted it. */
  connect(): Promise<this>;
}

/**
 * A socket.io-client with promises, for tests. The parameters are event maps, as those of socket.io-client's `Socket`; the defaults are
 * the types that the app has declared.
 *
 * @see docs/testing.md
 */
export type SocketIOTestClient<
  ServerToClient extends EventsMap = AppTypes['serverToClient'],
  ClientToServer extends EventsMap = AppTypes['clientToServer'],
> = string extends keyof ServerToClient & keyof ClientToServer ? TestClient : TypedTestClient<ServerToClient, ClientToServer>;

/** Creates a client that is not connected yet; see `connect`. */
export const SocketIOTestClient = TestClient as unknown as new <
  ServerToClient extends EventsMap = AppTypes['serverToClient'],
  ClientToServer extends EventsMap = AppTypes['clientToServer'],
>(options?: ClientOptions) => SocketIOTestClient<ServerToClient, ClientToServer>;

/** The client of a namespace. */
export type ClientOf<Namespace> = SocketIOTestClient<
TypesOfNamespace<Namespace>['serverToClient'], TypesOfNamespace<Namespace>['clientToServer']
>;

/** The options of a client, with the name of its namespace. */
export type ClientOptionsFor<Namespace extends string> = ClientOptions & { namespace?: NamespaceLike<Namespace> };

/** The type of `app.createSocketIOClient()`. */
export type CreateSocketIOClient = <const Namespace extends string = '/'>(
  options?: ClientOptionsFor<Namespace>,
) => Promise<ClientOf<Namespace>>;

type Listener<Namespace, Event> = TypesOfNamespace<Namespace>['clientToServer'] extends infer Map
  ? Event extends keyof Map ? Map[Event] : (reason?: string) => void
  : never;

interface LooseMock {
  <Ack extends unknown[] = unknown[]>(
    namespace: string, event: string, args?: readonly unknown[], options?: MockSocketEventOptions,
  ): Promise<SocketEventResult<Ack>>;
}

interface TypedMock {
  <const Namespace extends string, const Event extends NamesIn<TypesOfNamespace<Namespace>['clientToServer']> | 'connection' | 'disconnect'>(
    namespace: NamespaceLike<Namespace>, event: Event,
    args?: Readonly<ArgsOfEvent<Listener<Namespace, Event>>>, options?: MockSocketEventOptions,
  ): Promise<SocketEventResult<AckArgsOf<Listener<Namespace, Event>>>>;
}

/** The type of `app.mockSocketEvent()`. */
export type MockSocketEvent = IsDeclared extends true ? TypedMock : LooseMock;
