import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse } from 'node:querystring';
import type { Socket as EngineSocket, Transport as EngineTransport } from 'engine.io';
import type { SessionTable } from './closings';
import type { ConnectionLimits } from './connection_limits';
import { terminate } from '../internals/terminate';
import type { Limits } from './limits';
import { countPackets } from './payload';
import { Bucket } from './rate';
import type { Refusals } from './refusals';

const READ = Symbol('Transport#read');
const PAUSED = Symbol('Transport#paused');

interface Packet { readonly type: string; readonly data?: string | Buffer }

interface EngineRequest extends IncomingMessage {
  readonly _query?: Record<string, string | undefined>;
  res?: ServerResponse | null;
}

/** The parts of Engine.IO's transports that are not in their types. */
interface Transport {
  readonly name: string;
  readonly protocol: number;
  readonly readyState: string;
  /** The id of its session. */
  sid?: string;
  /** For a WebSocket transport: the `ws` socket. */
  readonly socket?: { pause?(): void; resume?(): void; terminate?(): void };
  onPacket(packet: Packet): void;
  onData(data: string | Buffer): void;
  onRequest(req: EngineRequest): void;
  onError(message: string): void;
  /** The tokens for reading it. */
  [READ]?: Bucket;
  /** Whether reading is paused. */
  [PAUSED]?: boolean;
}

const own = (transport: Transport) => Object.getPrototypeOf(transport) as Transport;

/** Pauses reading from a WebSocket: its client's system waits. */
function pause(transport: Transport, wait: number): boolean {
  const { socket, [PAUSED]: isPaused } = transport;
  if (isPaused || !socket?.pause || !socket.resume) return false;
  transport[PAUSED] = true;
  socket.pause();
  setTimeout(() => {
    transport[PAUSED] = false;
    socket.resume!();
  }, wait).unref();
  return true;
}

/** Reads a request with data later: until it is answered, its client sends no other one. */
function postpone(transport: Transport, req: EngineRequest, wait: number): void {
  if (transport[PAUSED]) {
    // As Engine.IO does with a second request at a time.
    transport.onError('data request overlap');
    req.res?.writeHead(400).end();
    return;
  }
  transport[PAUSED] = true;
  setTimeout(() => {
    transport[PAUSED] = false;
    if (req.destroyed) transport.onError('data request closed');
    else own(transport).onRequest.call(transport, req);
  }, wait).unref();
}

/** Counts what transports receive. */
interface Received {
  readonly packets: Record<'polling' | 'websocket', number>;
  /** The bytes of requests. */
  pollingBytes: number;
}

/** The engine whose transports are limited. */
interface Engine extends SessionTable {
  readonly traffic: { readonly received: Received };
}

/** Limits the data of a transport before Socket.IO gets it: bytes, packets in a payload, packets that are not messages. */
export class TransportLimits {
  private readonly methods = new Map<object, object>();

  constructor(
    private readonly limits: Pick<Limits, 'payloadPackets' | 'receivedBytes'>,
    private readonly refusals: Refusals,
    private readonly connections: ConnectionLimits,
    private readonly describe: (session: EngineSocket | undefined) => string,
  ) {}

  /** Limits a new transport of an engine, always the same. */
  limit(created: EngineTransport, req: EngineRequest, engine: Engine): void {
    const transport = created as unknown as Transport;
    // The transport of an upgrade has a session already.
    transport.sid ??= req._query?.sid;
    const methods = this.methods.get(own(transport)) ?? this.createMethods(own(transport), engine);
    this.methods.set(own(transport), methods);
    Object.assign(transport, methods);
  }

  private createMethods(prototype: Transport, engine: Engine): object {
    const { payloadPackets } = this.limits;
    const sessionOf = ({ sid }: Transport) => engine.sessionOf(sid);
    const takeIdle = (transport: Transport, type: string) => {
      const session = sessionOf(transport);
      if (!session) return;
      const isFlood = !this.connections.takeIdle(session, `packets of type ${type}`, () => this.describe(session));
      // A flood is not read until the client has closed its side, not even on a WebSocket that is to replace polling. The state of the
      // session does not show it: one that the app closes waits for the upgrade, by which its client gets the data sent before.
      if (isFlood) transport.socket?.terminate?.();
    };
    const refusePayload = (transport: Transport) => {
      const session = sessionOf(transport);
      this.refusals.add('payloadPackets', () => (
        `closed the connection of ${this.describe(session)}: it sent more than ${payloadPackets} packets in one request (config.socketio.limits.payloadPackets).`
      ));
      if (session) process.nextTick(terminate, session);
    };
    const { receivedBytes } = this.limits;
    const isRated = receivedBytes.perSecond < Infinity;
    /** Counts bytes; returns for how long to stop reading. */
    const read = (transport: Transport, bytes: number): number => (
      isRated ? (transport[READ] ??= new Bucket(receivedBytes)).spend(bytes) : 0
    );
    const tellSlow = (transport: Transport) => this.refusals.add('receivedBytes', () => (
      `slowed down the connection of ${this.describe(sessionOf(transport))}: more than ${receivedBytes.perSecond} bytes a second were sent (config.socketio.limits.receivedBytes).`
    ));

    // The function for each packet is resolved in advance: looked up each time, it would not be inlined.
    const { name, onPacket: ownPacket, onData: ownData, onRequest: ownRequest } = prototype;
    const isPolling = name === 'polling';
    const { received, received: { packets } } = engine.traffic;
    const counted = isPolling ? 'polling' : 'websocket';

    function onPacket(this: Transport, packet: Packet): void {
      const { type, data } = packet;
      packets[counted] += 1;
      if (type !== 'message') takeIdle(this, type);
      if (!isPolling) {
        const wait = read(this, data?.length ?? 0);
        if (wait > 0 && pause(this, wait)) tellSlow(this);
      }
      ownPacket.call(this, packet);
    }

    function onData(this: Transport, data: string | Buffer): void {
      received.pollingBytes += Buffer.byteLength(data);
      read(this, data.length);
      // JSONP sends it in a form.
      const payload = 'head' in this ? parse(String(data)).d : data;
      const isCounted = payloadPackets < Infinity && (typeof payload === 'string' || Buffer.isBuffer(payload));
      if (isCounted && countPackets(payload, this.protocol, payloadPackets) > payloadPackets) refusePayload(this);
      else ownData.call(this, data);
    }

    function onRequest(this: Transport, req: EngineRequest): void {
      const wait = req.method === 'POST' ? read(this, 0) : 0;
      if (wait === 0) {
        ownRequest.call(this, req);
        return;
      }
      tellSlow(this);
      postpone(this, req, wait);
    }

    return isPolling ? { onPacket, onData, onRequest } : { onPacket };
  }
}
