// Apps extend these interfaces. `index.ts` exports them with `export *`, because an app's declaration does not merge with a named export.

/**
 * The events between an app's clients and servers, declared once by the app, for all namespaces. All keys are optional: `clientToServer`,
 * `serverToClient` and `interServer`, which are event maps, and `data`, the type of `ctx.data`.
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
 * The same for single namespaces, with the keys of {@link SocketTypes}. A namespace uses the app's types for the keys that it leaves out.
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
