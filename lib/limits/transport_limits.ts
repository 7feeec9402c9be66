import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse } from 'node:querystring';
import type { Server as Engine, Socket as EngineSocket } from 'engine.io';
import type { ConnectionLimits } from './connection_limits';
import { terminate } from '../internals/terminate';
import type { Limits } from './limits';
import { countPackets } from './payload';
import { Bucket } from './rate';
import type { Refusals } from './refusals';

const READ = Symbol('Transport#read');

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
  isPaused?: boolean;
}

/** Engine.IO's table of sessions. */
interface Table { readonly clients: Record<string, EngineSocket> }

const own = (transport: Transport) => Object.getPrototypeOf(transport) as Transport;

/** Pauses reading from a WebSocket: its client's system waits. */
function pause(transport: Transport, wait: number): boolean {
  const { socket, isPaused } = transport;
  if (isPaused || !socket?.pause || !socket.resume) return false;
  transport.isPaused = true;
  socket.pause();
  setTimeout(() => {
    transport.isPaused = false;
    socket.resume!();
  }, wait).unref();
  return true;
}

/** Reads a request with data later: until it is answered, its client sends no other one. */
function postpone(transport: Transport, req: EngineRequest, wait: number): void {
  if (transport.isPaused) {
    // As Engine.IO does with a second request at a time.
    transport.onError('data request overlap');
    req.res?.writeHead(400).end();
    return;
  }
  transport.isPaused = true;
  setTimeout(() => {
    transport.isPaused = false;
    if (req.destroyed) transport.onError('data request closed');
    else own(transport).onRequest.call(transport, req);
  }, wait).unref();
}

/** Limits the data of a transport before Socket.IO gets it: bytes, packets in a payload, packets that are not messages. */
export class TransportLimits {
  constructor(
    private readonly limits: Pick<Limits, 'payloadPackets' | 'receivedBytes'>,
    private readonly refusals: Refusals,
    private readonly connections: ConnectionLimits,
    private readonly describe: (session: EngineSocket | undefined) => string,
  ) {}

  /** Limits each transport that the engine creates. */
  attach(engine: Engine): void {
    const server = engine as unknown as { createTransport(name: string, req: EngineRequest): Transport };
    const { createTransport } = server;
    const makeMethods = this.methodsFor(engine as unknown as Table);
    const methodsOf = new Map<object, object>();
    server.createTransport = function(name, req) {
      const transport = createTransport.call(engine, name, req);
      // The transport of an upgrade has a session already.
      transport.sid ??= req._query?.sid;
      const methods = methodsOf.get(own(transport)) ?? makeMethods(own(transport), name === 'polling');
      methodsOf.set(own(transport), methods);
      return Object.assign(transport, methods);
    };
  }

  private methodsFor({ clients }: Table) {
    const { payloadPackets } = this.limits;
    const sessionOf = ({ sid }: Transport) => (sid !== undefined && Object.hasOwn(clients, sid) ? clients[sid] : undefined);
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
    return ({ onPacket: ownPacket, onData: ownData, onRequest: ownRequest }: Transport, isPolling: boolean): object => {
      function onPacket(this: Transport, packet: Packet): void {
        const { type, data } = packet;
        if (type !== 'message') takeIdle(this, type);
        if (!isPolling) {
          const wait = read(this, data?.length ?? 0);
          if (wait > 0 && pause(this, wait)) tellSlow(this);
        }
        ownPacket.call(this, packet);
      }

      function onData(this: Transport, data: string | Buffer): void {
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
    };
  }
}
