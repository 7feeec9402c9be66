/** What is refused, by the limit or the policy that refuses it; and why Engine.IO has closed connections. */
export const REFUSALS = [
  'origin', 'events', 'connectionsPerAddress', 'handshakeTimeout', 'receivedBytes', 'payloadPackets', 'arguments', 'nameLength', 'authBytes',
  'connectionAuthBytes', 'pendingConnects', 'namespaces', 'rooms', 'handlerTimeout', 'ackTimeout', 'bufferedBytes',
  'waitingBytes', 'attachmentTimeout', 'depth', 'maxHttpBufferSize', 'pingTimeout', 'parseError', 'transportError',
  'adminLogins',
] as const;

/**
 * See {@link REFUSALS}.
 *
 * @see docs/security.md#limits
 */
export type Refusal = typeof REFUSALS[number];

/**
 * How often each has happened in this worker, since it was started.
 *
 * @see docs/security.md#limits
 */
export type RefusalCounts = Readonly<Record<Refusal, number>>;

/** Why Engine.IO itself closes connections, beside the limits: counted, and logged, as what these refuse. */
export type Closing = Extract<Refusal, 'maxHttpBufferSize' | 'pingTimeout' | 'parseError' | 'transportError'>;
