import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transport } from 'engine.io';
import type { Socket } from 'socket.io';
import type { PeerPort } from '../cluster/port';

/** Milliseconds after which a worker that has kept up is expected to keep up. */
const CALM = 10_000;

/** Handles a client's data by polling; not in Engine.IO's types. */
type TakePost = (req: IncomingMessage, res: ServerResponse) => void;

/** The parts of Engine.IO's transports that stop and start reading. */
interface Readable {
  /** The WebSocket. */
  readonly socket?: { pause?(): void; resume?(): void };
  onDataRequest?: TakePost;
  onError(message: string): void;
}

type StartReading = () => void;

/** Stops reading a client's data from a transport; returns a function that resumes. */
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
 * If a client makes this worker send more to another one than that can take, it is not read until the other has caught up: otherwise the
 * queue would grow until the link is dropped, and messages of other clients would be lost with it.
 *
 * The event that causes a message is only tracked while there has recently been a queue; otherwise this costs nothing. Messages that the
 * app sends by itself, for example from a timer, cannot be slowed down.
 */
export class BackPressure {
  /** The socket whose event is being handled, also in work that it has started. */
  private readonly senders = new AsyncLocalStorage<Socket>();
  private readonly held = new Map<Transport, StartReading>();
  private readonly stopListening: () => void;
  private calm: NodeJS.Timeout | undefined;

  /** @param peers - the way to the other workers */
  constructor(peers: PeerPort) {
    this.stopListening = peers.listen({
      onMessage() { /* Nobody says anything here. */ },
      onDown() { /* It is no longer congested then, which is reported. */ },
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

  /** Reads all clients again. */
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
