/** The names of all refusals, by limit or check, and the reasons for which Engine.IO closes connections. */
export const REFUSALS = [
  'origin', 'events', 'connectionsPerAddress', 'handshakeTimeout', 'receivedBytes', 'payloadPackets', 'arguments', 'nameLength', 'authBytes',
  'connectionAuthBytes', 'pendingConnects', 'namespaces', 'rooms', 'handlerTimeout', 'ackTimeout', 'bufferedBytes',
  'waitingBytes', 'attachmentTimeout', 'depth', 'maxHttpBufferSize', 'pingTimeout', 'parseError', 'transportError',
  'adminLogins',
] as const;

/**
 * See `REFUSALS`.
 *
 * @see docs/security.md#limits
 */
export type Refusal = typeof REFUSALS[number];

/**
 * The number of refusals of each kind in this worker, since its start.
 *
 * @see docs/security.md#limits
 */
export type RefusalCounts = Readonly<Record<Refusal, number>>;

/** The reasons for which Engine.IO itself closes connections; they are counted and logged like refusals of limits. */
export type Closing = Extract<Refusal, 'maxHttpBufferSize' | 'pingTimeout' | 'parseError' | 'transportError'>;
