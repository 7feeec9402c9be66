import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transport } from 'engine.io';
import type { Socket } from 'socket.io';
import type { PeerPort } from '../cluster/port';

/** Milliseconds after which a worker that has kept up all the time is believed to go on like that. */
const CALM = 10_000;

/** Takes what a client sends by polling; not in Engine.IO's types. */
type TakePost = (req: IncomingMessage, res: ServerResponse) => void;

/** The parts of Engine.IO's transports that stop and start reading. */
interface Readable {
  /** The WebSocket. */
  readonly socket?: { pause?(): void; resume?(): void };
  onDataRequest?: TakePost;
  onError(message: string): void;
}

type StartReading = () => void;

/** Stops reading what a client sends over a transport; returns what starts it again. */
function stopReading(transport: Transport): StartReading | undefined {
  const readable = transport as unknown as Readable;
  const { socket, onDataRequest } = readable;
  if (typeof socket?.pause === 'function' && typeof socket.resume === 'function') {
    socket.pause();
    return () => socket.resume!();
  }
  if (typeof onDataRequest !== 'function') return undefined;
  const own = Object.hasOwn(readable, 'onDataRequest');
  const posts: Parameters<TakePost>[] = [];
  readable.onDataRequest = (req, res) => {
    if (posts.length === 0) {
      posts.push([ req, res ]);
      return;
    }
    // As Engine.IO does it: a client may send one at a time.
    readable.onError('data request overlap from client');
    res.writeHead(400).end();
  };
  return () => {
    if (own) readable.onDataRequest = onDataRequest;
    else delete readable.onDataRequest;
    for (const [ req, res ] of posts) {
      if (!res.destroyed) onDataRequest.call(transport, req, res);
    }
  };
}

/**
 * Clients that make this worker send more to another one than that can take are not read until it has caught up: otherwise the queue
 * would grow until the worker is given up, and what others have sent would be lost with it.
 *
 * Whose event it is that sends something is known while there has been a queue of late, and costs nothing otherwise. What the app
 * sends by itself, from a timer for example, cannot be slowed down.
 */
export class BackPressure {
  /** The socket whose event is being handled, also in what that has started. */
  private readonly senders = new AsyncLocalStorage<Socket>();
  private readonly held = new Map<Transport, StartReading>();
  private readonly stopListening: () => void;
  private calm: NodeJS.Timeout | undefined;

  /** @param peers - the way to the other workers */
  constructor(peers: PeerPort) {
    this.stopListening = peers.listen({
      onMessage() { /* Nobody says anything here. */ },
      onDown() { /* It is no longer congested then, which is told. */ },
      onCongested: () => this.hold(),
      onDrained: () => this.release(),
    });
  }

  /** Whether {@link run} has to be used. */
  get isWatching(): boolean { return this.calm !== undefined; }

  /** Handles an event of a socket. */
  run(socket: Socket, handle: () => void): void {
    this.senders.run(socket, handle);
  }

  /** Reads everybody again. */
  close(): void {
    this.stopListening();
    clearTimeout(this.calm);
    this.calm = undefined;
    this.release();
  }

  private hold(): void {
    if (this.calm) this.calm.refresh();
    else this.calm = setTimeout(() => { this.calm = undefined; }, CALM).unref();
    const transport = this.senders.getStore()?.conn.transport;
    if (!transport || this.held.has(transport) || transport.readyState !== 'open') return;
    const startReading = stopReading(transport);
    if (startReading) this.held.set(transport, startReading);
  }

  private release(): void {
    for (const startReading of this.held.values()) startReading();
    this.held.clear();
  }
}
