import type { Socket as EngineSocket } from 'engine.io';
import type { Socket } from 'socket.io';
import { wrapOwnEmit } from '../context/own_emit';
import type { SocketContext } from '../context/socket_context';
import { isThenable } from '../base/thenable';
import type { Codec } from './memory_client';
import { Recording } from './recording';
import type { BroadcastOptions, Listener } from './taps';
import type { TimeLimit } from './time_limit';

const LEAVING: ReadonlySet<string> = new Set([ 'disconnecting', 'disconnect' ]);

/** Observes one socket: what runs for it, the events that it gets, and those that it causes for others. */
export class SocketWatch implements Listener {
  /** The session whose socket is watched. */
  session: EngineSocket | undefined;
  /** The socket, once it is connected. */
  socket: Socket | undefined;
  /** The members of its contexts, in addition to all others. */
  members: PropertyDescriptorMap = {};
  /** Whether the event of the call is on its way, so that running work no longer belongs to the connect. */
  isSent = false;
  /** The context of that event; `undefined` until it has reached its handler. */
  eventContext: SocketContext | undefined;
  /** Since the start, or since {@link recordAnew}. */
  recording: Recording;
  private readonly running = new Set<PromiseLike<unknown>>();
  private readonly prepared = new WeakSet<object>();
  private isEmitting = false;

  /**
   * @param skipsMiddleware - with connection and disconnect handlers
   * @param onConnect - called before the connection handlers
   */
  constructor(
    private readonly codec: Codec, private readonly waiting: TimeLimit, readonly skipsMiddleware: boolean,
    private readonly onConnect: (socket: Socket) => void,
  ) {
    this.recording = new Recording(codec);
  }

  /** Whether nothing runs for the socket. */
  get isIdle(): boolean {
    return this.running.size === 0;
  }

  /** Discards what has been sent so far. */
  recordAnew(): void {
    this.recording = new Recording(this.codec);
  }

  owns(socket: Socket): boolean {
    return this.session !== undefined && socket.conn === this.session;
  }

  onSocket(socket: Socket): void {
    this.socket = socket;
    wrapOwnEmit(socket, emit => (event: string, ...args: unknown[]) => {
      this.isEmitting = true;
      try {
        emit.call(socket, event, ...args);
      } finally {
        this.isEmitting = false;
      }
      this.recording.addEmit([ event, ...typeof args.at(-1) === 'function' ? args.slice(0, -1) : args ]);
      this.waiting.note();
      return true;
    });
    socket.once('disconnect', () => this.waiting.note());
    this.onConnect(socket);
    this.waiting.note();
  }

  onRun<T>(ctx: SocketContext, run: () => T): T | Promise<void> {
    const isEvent = this.isSent && !LEAVING.has(ctx.event);
    if (!isEvent && this.skipsMiddleware) return Promise.resolve();
    if (!this.prepared.has(ctx)) {
      this.prepared.add(ctx);
      Object.defineProperties(ctx, this.members);
    }
    if (isEvent) this.eventContext ??= ctx;
    const result = run();
    if (isThenable(result)) this.awaitEnd(result);
    this.waiting.note();
    return result;
  }

  onBroadcast(namespace: string, data: readonly unknown[], options: BroadcastOptions): void {
    if (!this.isForClientAlone(options)) this.recording.addBroadcast(namespace, data, options);
    // With connection state recovery, Socket.IO emits to a single client through its room.
    else if (!this.isEmitting) this.recording.addEmit(data);
    this.waiting.note();
  }

  isAbout(options: BroadcastOptions): boolean {
    return this.socket !== undefined && (options.except?.has(this.socket.id) || this.isForClientAlone(options));
  }

  private isForClientAlone({ rooms }: BroadcastOptions): boolean {
    return this.socket !== undefined && rooms.size === 1 && rooms.has(this.socket.id);
  }

  private awaitEnd(promise: PromiseLike<unknown>): void {
    this.running.add(promise);
    const end = () => {
      this.running.delete(promise);
      this.waiting.note();
    };
    promise.then(end, end);
  }
}
