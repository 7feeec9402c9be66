import type { Socket as EngineSocket } from 'engine.io';
import type { Server } from 'socket.io';
import type { SocketIOError } from '../base/errors';
import type { ConnectionLimits } from './connection_limits';
import type { Limits } from './limits';

/** Types of packets: https://socket.io/docs/v4/socket-io-protocol/#packet-types */
const CONNECT = 0;
const DISCONNECT = 1;
const EVENT = 2;
const CONNECT_ERROR = 4;
const BINARY_EVENT = 5;

/** A decoded packet. With a parser of the app, nothing is certain. */
export interface DecodedPacket {
  readonly type?: unknown;
  readonly nsp?: unknown;
  readonly data?: unknown;
}

/** Whether a client joins a namespace, or leaves it. */
export function isPassage({ type }: DecodedPacket): boolean {
  return type === CONNECT || type === DISCONNECT;
}

/** Sends packets to a client. */
interface Encoder { encode(packet: object): unknown[] }

type CheckNamespace = (name: string, auth: unknown, done: (namespace: unknown) => void) => void;

function sizeOf(chunk: unknown): number {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk) : (chunk as { byteLength?: number } | undefined)?.byteLength ?? 0;
}

/** The name of a packet's namespace; in protocol 3, a query may follow it. */
function nameOf({ nsp }: DecodedPacket, { protocol }: EngineSocket): string {
  const text = String(nsp);
  const name = protocol === 3 ? new URL(text, 'https://socket.io').pathname : text;
  return name.startsWith('/') ? name : `/${name}`;
}

function isTooLong(nsp: unknown, most: number): boolean {
  if (typeof nsp !== 'string' || nsp.length <= most) return false;
  const query = nsp.indexOf('?');
  return query < 0 || query > most;
}

/** Checks each packet between the decoder and Socket.IO, which creates a socket, and perhaps a namespace, for every CONNECT. */
export class PacketGate {
  /** Ends the CONNECT that Socket.IO is handling. */
  private forget: (() => void) | undefined;
  /** Called with the name of each missing namespace that a client has asked for. */
  onUnknown: ((name: string) => void) | undefined;

  /** @param describe - describes the owner of a session for the log */
  constructor(
    private readonly limits: Pick<Limits, 'arguments' | 'nameLength'>,
    private readonly connections: ConnectionLimits,
    private readonly encoder: Encoder,
    private readonly describe: (session: EngineSocket) => string,
  ) {}

  /** Ends a CONNECT to a missing namespace as soon as that is known. */
  attach(io: Server): void {
    const internals = io as unknown as { _checkNamespace: CheckNamespace };
    const check = internals._checkNamespace.bind(io);
    internals._checkNamespace = (name, auth, done) => {
      const { forget } = this;
      check(name, auth, namespace => {
        if (!namespace) {
          forget?.();
          this.onUnknown?.(name);
        }
        done(namespace);
      });
    };
  }

  /** The limit that a packet's shape exceeds. */
  excessOf({ type, nsp, data }: DecodedPacket): 'arguments' | 'nameLength' | undefined {
    const { nameLength, arguments: most } = this.limits;
    if (isTooLong(nsp, nameLength)) return 'nameLength';
    if (!Array.isArray(data)) return undefined;
    const isEvent = type === EVENT || type === BINARY_EVENT;
    if (data.length > (isEvent ? most + 1 : most)) return 'arguments';
    const name: unknown = data[0];
    return isEvent && typeof name === 'string' && name.length > nameLength ? 'nameLength' : undefined;
  }

  /**
   * Passes a CONNECT or a DISCONNECT to Socket.IO, or rejects it.
   *
   * @param chunk - the text or the bytes that it arrived as
   */
  pass(session: EngineSocket, packet: DecodedPacket, chunk: unknown, go: () => void): void {
    const name = nameOf(packet, session);
    if (packet.type === DISCONNECT) this.connections.leave(session, name);
    // Socket.IO closes the connection of a client that connects to a namespace twice.
    if (packet.type === DISCONNECT || this.connections.isIn(session, name)) {
      go();
      return;
    }
    const refusal = this.connections.ask(session, name, sizeOf(chunk), () => `${this.describe(session)} in ${name.slice(0, 100)}`);
    if (refusal) {
      this.refuse(session, name, refusal);
      return;
    }
    this.forget = () => this.connections.forget(session, name);
    try {
      go();
    } finally {
      this.forget = undefined;
    }
  }

  private refuse(session: EngineSocket, nsp: string, { message, code, details }: SocketIOError): void {
    const data = details === undefined ? { code } : { code, details };
    const packet = { type: CONNECT_ERROR, nsp, data: session.protocol === 3 ? data : { message, data } };
    for (const encoded of this.encoder.encode(packet)) session.write(encoded as string);
  }
}
