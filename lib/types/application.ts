import type { Namespace, Server, ServerOptions, Socket } from 'socket.io';
import type { AppTypes, EmitOf, EventsMap, NamespaceName, Types, TypesOfNamespace } from './event_maps';
import type { NamespaceArgument } from './names';
import type { OldServer } from './old_server';
import type { Health } from './health';
import type { AppStats, StatsOptions } from './worker_stats';

type SocketWith<T extends Types> = Socket<T['clientToServer'], T['serverToClient'], T['interServer'], T['data']>;
type NamespaceWith<T extends Types> = Namespace<T['clientToServer'], T['serverToClient'], T['interServer'], T['data']>;

// With the name as their parameter, editors show them by that name, and not with all of its types.
type SocketOf<Name> = SocketWith<TypesOfNamespace<Name>>;
type NamespaceOf<Name> = NamespaceWith<TypesOfNamespace<Name>>;

/** The arguments of `io.of()` that match names: a RegExp, and a function that accepts or rejects each name. */
type NamespaceMatcher = Exclude<Parameters<Server['of']>[0], string>;

/** The server of an app with declared namespaces. */
interface TypedServer<
  ListenEvents extends EventsMap, EmitEvents extends EventsMap, ServerSideEvents extends EventsMap, SocketData,
> extends Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  /**
   * Returns a namespace, with its declared types. A name that is only known at run time needs the declaration of a pattern.
   *
   * @param name - of a declared namespace; or a RegExp or a function for dynamic namespaces, which have the types of the app
   * @param connected - called with each client's socket when it has connected
   * @see docs/types.md#namespaces
   */
  of<const Name extends NamespaceArgument | NamespaceMatcher>(
    name: Name,
    connected?: (
      socket: [Name] extends [string] ? SocketOf<Name> : Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    ) => void,
  ): [Name] extends [string] ? NamespaceOf<Name> : Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
}

/**
 * The Socket.IO server, `app.io`. The parameters are event maps: the events that clients send, the events that they receive, the events
 * between servers, and the type of `socket.data`. The defaults are the types that the app has declared.
 *
 * @see docs/types.md
 */
export type Application<
  ListenEvents extends EventsMap = AppTypes['clientToServer'],
  EmitEvents extends EventsMap = EmitOf<ListenEvents>,
  ServerSideEvents extends EventsMap = AppTypes['interServer'],
  SocketData = AppTypes['data'],
> = OldServer & ([NamespaceName] extends [never] ? Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  : TypedServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) & {
  /**
   * Returns the statistics of this machine's workers, for each worker and in total. Never rejects; a worker that does not answer in time
   * is listed in `missing`.
   *
   * @see docs/observability.md#statistics
   */
  stats(options?: StatsOptions): Promise<AppStats>;
  /**
   * Returns the state of this worker: whether it takes new clients, and receives what is sent through Redis.
   *
   * @see docs/observability.md#health
   */
  health(): Health;
};

/**
 * An adapter class, or a function `(nsp) => adapter` such as the official adapters' `createAdapter()` returns.
 *
 * @see docs/redis.md#other-adapters
 */
export type AdapterFactory = ServerOptions['adapter'];
