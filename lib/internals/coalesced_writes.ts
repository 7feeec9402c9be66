import type { EventEmitter } from 'node:events';
import type { Socket as EngineSocket, Transport } from 'engine.io';
import { type BinaryForm, frameOf, join, type Packet, type PacketOptions } from './websocket_frames';
import type { WriteOrder } from './write_order';

/** The parts of `ws` that Engine.IO itself uses for pre-encoded frames, and the connection below. */
interface WebSocket {
  readonly OPEN: number;
  readyState: number;
  /** The negotiated extensions, as text. */
  extensions?: string;
  _sender?: { sendFrame?(list: Buffer[], callback: (error?: Error) => void): void };
  _socket?: Stream | null;
}

/** The connection below a WebSocket. */
interface Stream {
  readonly writableLength?: number;
  /** Whether it is a TLS connection, which always writes with a delay. */
  readonly encrypted?: boolean;
  write?(data: Buffer, callback?: (error?: Error | null) => void): boolean;
  cork?(): void;
  uncork?(): void;
}

/** The number of packets that were sent through WebSockets so far. */
interface SentPackets { websocket: number }

/** An Engine.IO session. */
interface Session extends EventEmitter {
  readyState: string;
  transport: object;
  /** Packets that wait until the transport is writable. */
  writeBuffer: unknown[];
  write(this: Session, data: unknown, options?: PacketOptions, callback?: () => void): Session;
}

type Send = (this: WebSocketTransport, packets: Packet[]) => void;

type WebSocketTransport = Omit<Transport, 'send' | 'supportsBinary'> & BinaryForm & {
  socket: WebSocket;
  writable: boolean;
  send: Send;
  _onSentLast?(error?: Error): void;
};

/** Engine.IO's own `send` writes several pieces, which go to the system at once. */
function sendCorked(this: WebSocketTransport, packets: Packet[]): void {
  const { send } = Object.getPrototypeOf(this) as WebSocketTransport;
  const stream = this.socket._socket;
  if (packets.length < 2 || !stream?.cork || !stream.uncork) {
    send.call(this, packets);
    return;
  }
  stream.cork();
  try {
    send.call(this, packets);
  } finally {
    stream.uncork();
  }
}

/** Returns the two ways of sending: in one piece where that is possible, and with Engine.IO's own `send`. Both count the packets. */
function createSends(sent: SentPackets): { joined: Send; corked: Send } {
  return {
    joined(packets) {
      sent.websocket += packets.length;
      const { socket } = this;
      const bytes = socket.readyState === socket.OPEN ? join(this, packets) : undefined;
      if (!bytes) {
        sendCorked.call(this, packets);
        return;
      }
      this.writable = false;
      socket._sender!.sendFrame!([ bytes ], this._onSentLast!);
    },
    corked(packets) {
      sent.websocket += packets.length;
      sendCorked.call(this, packets);
    },
  };
}

/** Returns a transport's `send` that first sends to other workers. */
function inOrder(send: Send, order: WriteOrder | undefined): Send {
  if (!order) return send;
  return function(packets) {
    order.pass();
    send.call(this, packets);
  };
}

function canJoin({ socket, _onSentLast }: WebSocketTransport): boolean {
  return socket.extensions === '' && typeof socket._sender?.sendFrame === 'function' && typeof _onSentLast === 'function'
    && typeof socket._socket?.write === 'function' && typeof socket._socket.writableLength === 'number';
}

/** Whether nobody would notice that a packet bypasses Engine.IO's buffer. */
function isIdle({ readyState, transport, writeBuffer }: Session, joined: Send): boolean {
  const { send, writable, socket } = transport as WebSocketTransport;
  return send === joined && writable && writeBuffer.length === 0 && readyState === 'open' && socket.readyState === socket.OPEN;
}

/** The events about a session's buffer that Engine.IO emits. */
const TOLD = [ 'packetCreate', 'flush', 'drain' ];

function isWatched(emitter: EventEmitter): boolean {
  return emitter.listenerCount('packetCreate') > 0 || emitter.listenerCount('flush') > 0 || emitter.listenerCount('drain') > 0;
}

/** Returns a function that tells whether anybody listens, or has ever listened, to the engine's buffer events. */
function watching(engine: EventEmitter): () => boolean {
  let watched = isWatched(engine);
  engine.on('newListener', event => { watched ||= TOLD.includes(event as string); });
  return () => watched;
}

const NOTHING = Buffer.alloc(0);
/** The sessions that were written to in this turn: further packets for them wait until its end, and are written in one piece. */
let busy: Session[] = [];

function settle({ transport, writeBuffer }: Session): void {
  const webSocket = transport as WebSocketTransport;
  const stream = webSocket.socket._socket!;
  if (stream.writableLength !== 0) {
    // The system has not accepted all of it: Engine.IO is notified when it has.
    stream.write!(NOTHING, webSocket._onSentLast as () => void);
  } else {
    webSocket.writable = true;
    if (writeBuffer.length > 0) webSocket.emit('ready');
  }
}

function endTurn(): void {
  const sessions = busy;
  busy = [];
  let settled = 0;
  try {
    while (settled < sessions.length) settle(sessions[settled++]);
  } finally {
    // A listener of the app has thrown, which must not affect the other sessions.
    for (const session of sessions.slice(settled)) lateInTurn(session);
  }
}

/** One check at the end of the turn instead of a callback for each write: the system has usually accepted it by then. */
function lateInTurn(session: Session): void {
  if (busy.push(session) === 1) process.nextTick(endTurn);
}

/** Lets packets wait in Engine.IO's buffer for other workers. It is not in `write`, because a closure would cost every call of it. */
function defer(session: Session, order: WriteOrder): void {
  (session.transport as WebSocketTransport).writable = false;
  order.later(() => lateInTurn(session));
}

/** Returns {@link Session.write} with a short cut for the sessions whose transport sends with `joined`. */
function createWrite(engine: EventEmitter, joined: Send, sent: SentPackets, order: WriteOrder | undefined): Session['write'] {
  const isEngineWatched = watching(engine);
  return function(data, options, callback) {
    const isDirect = callback === undefined && isIdle(this, joined) && !isWatched(this) && !isEngineWatched();
    const transport = this.transport as WebSocketTransport;
    const mayWrite = !isDirect || !order || order.mayWrite();
    const frame = isDirect && mayWrite ? frameOf(transport, data, options) : undefined;
    if (!mayWrite) defer(this, order!);
    if (!frame) return (Object.getPrototypeOf(this) as Session).write.call(this, data, options, callback);
    const stream = transport.socket._socket!;
    transport.writable = false;
    sent.websocket += 1;
    if (stream.encrypted) {
      transport.socket._sender!.sendFrame!([ frame ], transport._onSentLast!);
    } else {
      stream.write!(frame);
      lateInTurn(this);
    }
    return this;
  };
}

/**
 * Writes the packets for one client that Engine.IO flushes together in one piece, instead of two for each, and writes a packet that need
 * not wait without Engine.IO's buffer. Nothing is delayed for that. A connection that compresses, and a `wsEngine` without the parts of
 * `ws` that Engine.IO uses, are left alone, except that several packets become one write if the connection can be corked.
 */
export class CoalescedWrites {
  private readonly write: Session['write'];
  private readonly sends: { readonly joined: Send; readonly corked: Send };

  /**
   * @param engine - the short cut is off if anybody listens to its buffer events
   * @param sent - counts the packets
   * @param order - of writes to clients and to other workers. Default: they do not wait for each other
   */
  constructor(engine: EventEmitter, sent: SentPackets, private readonly order?: WriteOrder) {
    const { joined, corked } = createSends(sent);
    this.sends = { joined: inOrder(joined, order), corked: inOrder(corked, order) };
    this.write = createWrite(engine, this.sends.joined, sent, order);
  }

  /** Joins the packets that a transport is to send together. */
  join(transport: Transport): void {
    const sending = transport as unknown as WebSocketTransport;
    if (transport.name === 'websocket') sending.send = canJoin(sending) ? this.sends.joined : this.sends.corked;
    else if (this.order) sending.send = inOrder(sending.send, this.order);
  }

  /** Gives a session the short cut. */
  shorten(session: EngineSocket): void {
    (session as unknown as Session).write = this.write;
  }
}
