import { type IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import type { Application as EggApplication } from 'egg';
import type { Socket as EngineSocket } from 'engine.io';
import type { Socket } from 'socket.io';
import { PacketType } from 'socket.io-parser';
import { socketStateOf } from '../events/namespace/socket_state';
import { unknownNamespace } from '../controllers/report/known_names';
import { Answers } from './answers';
import type { MockSocketEventOptions } from './event_types';
import { Codec, MemoryClient, type Packet } from './memory_client';
import { admitRequest, makeRequest, openSession } from './memory_handshake';
import { type Mocked, readMocked } from './mocked_members';
import { SocketWatch } from './socket_watch';
import { TimeLimit } from './time_limit';

const ACK_ID = 0;

/** A rejected connection, as the client gets it by `connect_error`. */
interface Refusal { message: string; data?: unknown }

/** Ends a session as Engine.IO does; this is not in its types. */
interface Closable { onClose(reason: string): void }

/** Applies the members that egg-mock and plugins add to `app.createContext()`: cookies, and the user on the request. */
function contextDescriptors(app: EggApplication, req: IncomingMessage): PropertyDescriptorMap {
  const { createContext } = app;
  if (createContext === (Object.getPrototypeOf(app) as EggApplication).createContext) return {};
  const { cookies } = app.createContext(req, new ServerResponse(req));
  return { cookies: { value: cookies, configurable: true, writable: true } };
}

/** A client without a network, from its connect to its leave. */
export class MockedConnection {
  readonly waiting: TimeLimit;
  readonly watch: SocketWatch;
  /** The current step, for the message if it takes too long. */
  step = 'the handshake was not answered';
  private readonly mocked: Mocked;
  private readonly answers: Answers;
  private readonly client: MemoryClient;
  private request: IncomingMessage | undefined;
  private session: EngineSocket | undefined;
  private refusal: Refusal | undefined;

  /**
   * @param namespace - with its slash
   * @param title - the prefix of messages
   * @throws {TypeError} naming an option that is wrong
   */
  constructor(
    private readonly app: EggApplication,
    private readonly namespace: string,
    private readonly options: MockSocketEventOptions,
    private readonly title: string,
  ) {
    this.mocked = readMocked(options);
    this.answers = new Answers(options.answers);
    const codec = new Codec(app.io);
    this.client = new MemoryClient(codec, packet => this.receive(packet));
    const { timeout = 5000, connect = true } = options;
    this.waiting = new TimeLimit(timeout, () => `${title}: gave up after ${timeout} ms: ${this.step}; ${String(this.watch.recording)}${String(this.answers)}`);
    this.watch = new SocketWatch(codec, this.waiting, !connect, socket => {
      // In Socket.IO, this does not concern the client.
      socket.on('error', cause => this.waiting.fail(this.error(`a socket.use() of the app refused the event, which a client never learns: ${cause.message}`, { cause })));
      this.prepare().catch((error: Error) => this.waiting.fail(error));
    });
  }

  /** The socket; only after {@link connect}. */
  get socket(): Socket {
    return this.watch.socket!;
  }

  /**
   * Connects to the namespace, and waits for its connection handlers.
   *
   * @throws {Error} with the reason why the client was not accepted; that of a rejection has its `data`
   */
  async connect(): Promise<void> {
    const { app, waiting, watch } = this;
    await this.handshake();
    this.step = 'the connection middleware and guards have not finished';
    this.client.send({ type: PacketType.CONNECT, nsp: this.namespace, data: this.mocked.auth });
    await waiting.until(() => Boolean(watch.socket ?? this.refusal) || this.session?.readyState !== 'open');
    const { refusal } = this;
    if (refusal?.message === 'Invalid namespace' && !app.io._nsps.has(this.namespace)) throw this.error(unknownNamespace(app.io, this.namespace));
    if (refusal) throw this.error(`the connection was refused: ${refusal.message}`, { data: refusal.data });
    if (!watch.socket) throw this.error('the connection was closed before it was accepted');
    this.step = 'the connection handlers have not finished';
    let isOpen = false;
    socketStateOf(watch.socket).whenOpen(() => {
      isOpen = true;
      waiting.note();
    });
    await waiting.until(() => isOpen || !this.socket.connected);
    await this.settle();
  }

  /** Applies the options to the socket. */
  async prepare(): Promise<void> {
    const { socket, options: { rooms = [] } } = this;
    Object.assign(socket.data as object, this.mocked.data);
    const list = typeof rooms === 'string' ? [ rooms ] : [ ...rooms ];
    if (list.length > 0) await socket.join(list);
  }

  /** Sends the event of the call. */
  send(event: string, args: readonly unknown[], wantsAck: boolean): void {
    this.watch.isSent = true;
    this.client.send({ type: PacketType.EVENT, nsp: this.namespace, data: [ event, ...args ], ...(wantsAck ? { id: ACK_ID } : {}) });
  }

  /** Waits until nothing runs for the socket, nor work that it has scheduled. */
  async settle(): Promise<void> {
    do {
      await this.waiting.until(() => this.watch.isIdle);
      await this.waiting.of(turn());
    } while (!this.watch.isIdle);
  }

  /**
   * Disconnects, and waits for the disconnect handlers.
   *
   * @param reason - Socket.IO's name for it
   */
  async leave(reason = 'client namespace disconnect'): Promise<void> {
    const { socket } = this.watch;
    if (!socket?.connected) return;
    this.step = 'the disconnect handlers have not finished';
    if (reason === 'client namespace disconnect') this.client.send({ type: PacketType.DISCONNECT, nsp: this.namespace });
    else if (reason === 'server namespace disconnect') socket.disconnect();
    else (this.session as unknown as Closable).onClose(reason);
    await this.waiting.until(() => !socket.connected);
    await this.settle();
  }

  /** Cleans everything up. */
  close(): void {
    this.client.close();
    this.request?.socket.destroy();
    this.waiting.close();
  }

  /** Creates an error of the call. */
  error(message: string, { data, ...options }: { data?: unknown; cause?: unknown } = {}): Error {
    return Object.assign(new Error(`${this.title}: ${message}`, options), data === undefined ? {} : { data });
  }

  private async handshake(): Promise<void> {
    const { app, mocked, waiting, watch } = this;
    const req = this.request = makeRequest(app.io.path(), mocked.headers, mocked.query);
    watch.members = { ...contextDescriptors(app, req), ...mocked.members };
    if (!watch.skipsMiddleware) {
      const refuse = (cause: Error) => { throw this.error(cause.message, { cause }); };
      await waiting.of(admitRequest(app.io, req).catch(refuse));
    }
    this.session = watch.session = await waiting.of(openSession(app.io, req, this.client.webSocket));
    this.session.once('close', () => waiting.note());
  }

  private receive({ type, data, id }: Packet): void {
    if (type === PacketType.CONNECT_ERROR) this.refusal = data as Refusal;
    else if ((type === PacketType.ACK || type === PacketType.BINARY_ACK) && id === ACK_ID) this.watch.recording.ack = data as unknown[];
    else if (id !== undefined && Array.isArray(data)) this.answer(data as [ string, ...unknown[] ], id);
    this.waiting.note();
  }

  private answer([ event, ...args ]: [ string, ...unknown[] ], id: number): void {
    const ack = (values: unknown[]) => this.client.send({ type: PacketType.ACK, nsp: this.namespace, id, data: values });
    this.answers.give(event, args, ack)
      .catch(cause => this.waiting.fail(this.error(`the option answers threw for '${event}': ${String(cause)}`, { cause })));
  }
}
