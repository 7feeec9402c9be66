import type { Namespace, Server, ServerOptions, Socket } from 'socket.io';
import type { AppTypes, EmitOf, EventsMap, NamespaceArgument, NamespaceName, Types, TypesOfNamespace } from './event_maps';
import type { AppStats, StatsOptions } from './stats';

/** `io.of()` for namespaces with declared types. */
interface TypedNamespaces {
  of<Name extends NamespaceArgument>(
    name: Name, connected?: (socket: SocketOf<TypesOfNamespace<Name>>) => void,
  ): NamespaceOf<TypesOfNamespace<Name>>;
}

type SocketOf<T extends Types> = Socket<T['clientToServer'], T['serverToClient'], T['interServer'], T['data']>;
type NamespaceOf<T extends Types> = Namespace<T['clientToServer'], T['serverToClient'], T['interServer'], T['data']>;

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
> = ([NamespaceName] extends [never] ? unknown : TypedNamespaces) & Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData> & {
  /**
   * Returns the statistics of this machine's workers, for each worker and in total. Never rejects; a worker that does not answer in time
   * is listed in `missing`.
   *
   * @see docs/observability.md#statistics
   */
  stats(options?: StatsOptions): Promise<AppStats>;
};

/**
 * An adapter class, or a function `(nsp) => adapter` such as the official adapters' `createAdapter()` returns.
 *
 * @see docs/redis.md#other-adapters
 */
export type AdapterFactory = ServerOptions['adapter'];
