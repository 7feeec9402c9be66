/** Event names that Socket.IO reserves: `emit()` throws, and a client cannot send them. */
export const RESERVED_EVENTS: ReadonlySet<string> = new Set([
  'connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener',
]);

/** The event of all messages of streams, in both directions. docs/streams-protocol.md specifies them. */
export const STREAM_EVENT = '$stream';

/** The same for `serverSideEmit()`. */
export const RESERVED_SERVER_EVENTS: ReadonlySet<string> = new Set([ 'connect', 'connection', 'new_namespace' ]);
