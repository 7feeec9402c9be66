// Apps add to these. `index.ts` has them with `export *`: a declaration of the app's does not merge with what is exported by name.

/**
 * What an app's clients and servers say to each other, declared once by the app, for all namespaces. Keys, each of which may be
 * left out: `clientToServer`, `serverToClient` and `interServer`, which are event maps, and `data`, the type of `ctx.data`.
 *
 * @see docs/types.md
 *
 * @example
 * declare module 'egg-socketio' {
 *   interface SocketTypes {
 *     clientToServer: ClientToServer;
 *     serverToClient: ServerToClient;
 *   }
 * }
 */
export interface SocketTypes {}

/**
 * The same for single namespaces, with the keys of {@link SocketTypes}. What a namespace leaves out is the app's.
 *
 * @see docs/types.md
 *
 * @example
 * declare module 'egg-socketio' {
 *   interface NamespaceTypes {
 *     '/admin': { clientToServer: AdminToServer; serverToClient: ServerToAdmin };
 *     [room: `/rooms/${string}`]: { clientToServer: RoomToServer };
 *   }
 * }
 */
export interface NamespaceTypes {}
