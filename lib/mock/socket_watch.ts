import type { Socket as EngineSocket } from 'engine.io';
import type { Socket } from 'socket.io';
import type { SocketContext } from '../context/socket_context';
import { isThenable } from '../base/thenable';
import type { Codec } from './memory_client';
import { Recording } from './recording';
import type { BroadcastOptions, Listener } from './taps';
import type { TimeLimit } from './time_limit';

const LEAVING: ReadonlySet<string> = new Set([ 'disconnecting', 'disconnect' ]);

/** Sees what becomes of one socket: what is run for it, what it is sent, and what it has others sent. */
export class SocketWatch implements Listener {
  /** The session whose socket is watched. */
  session: EngineSocket | undefined;
  /** The socket, once it is connected. */
  socket: Socket | undefined;
  /** What its contexts have, whatever they have else. */
  members: PropertyDescriptorMap = {};
  /** Whether the event that the call is about is on its way, so that what runs now is not the connect any more. */
  isSent = false;
  /** The context of that event; `undefined` while it has not come to its handler. */
  eventContext: SocketContext | undefined;
  /** Since the beginning, or {@link recordAnew}. */
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

  /** What has been sent so far does not count. */
  recordAnew(): void {
    this.recording = new Recording(this.codec);
  }

  owns(socket: Socket): boolean {
    return this.session !== undefined && socket.conn === this.session;
  }

  onSocket(socket: Socket): void {
    this.socket = socket;
    const { emit } = socket;
    socket.emit = (event: string, ...args: unknown[]) => {
      this.isEmitting = true;
      try {
        emit.call(socket, event, ...args);
      } finally {
        this.isEmitting = false;
      }
      this.recording.addEmit([ event, ...typeof args.at(-1) === 'function' ? args.slice(0, -1) : args ]);
      this.waiting.note();
      return true;
    };
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
    // With connection state recovery Socket.IO emits to one client by its room.
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
