import type { BroadcastFlags, BroadcastOptions } from 'socket.io-adapter';
import { type ErrorCode, SocketIOError } from '../base/errors';
import { sizeOf } from '../base/size';
import { type Asked, EVENT, type NamedAck, type Packet } from '../internals/packet';
import type { Namespace } from '../internals/socket_io';
import type { AckResult } from '../types/client_acks';

/** The parts of any adapter that are used here. */
interface AskingAdapter {
  readonly nsp: Pick<Namespace, 'name' | 'sockets'>;
  serverCount(): Promise<number>;
  broadcastWithAck(packet: Packet, opts: BroadcastOptions, tellAsked: (asked: Asked) => void, tell: (ack: NamedAck) => void): void;
}

/** A selection of clients. */
export interface Selection {
  readonly adapter: AskingAdapter;
  readonly rooms: ReadonlySet<string>;
  readonly exceptRooms: ReadonlySet<string>;
  readonly flags: BroadcastFlags;
}

/** The limits of one question. */
interface AckLimits {
  /** Milliseconds. */
  readonly timeout: number;
  /** Approximate bytes of acks that may wait for the loop. */
  readonly bytes: number;
  /** Called if clients have not acked in time. */
  readonly onTimeout: (() => void) | undefined;
}

interface Waiting {
  readonly result: AckResult<unknown>;
  readonly bytes: number;
}

/** An event that was sent to clients, and the results that wait for the loop. */
class Question {
  /** The sockets without a result. */
  private readonly missing = new Set<string>();
  /** The sockets with a result: an ack may come before the list of the sockets that its worker has asked. */
  private readonly done = new Set<string>();
  private arrived: Waiting[] = [];
  /** Results that the loop takes next, in reverse order. */
  private next: Waiting[] = [];
  private bytes = 0;
  /** The servers that have said whom they have asked, and how many there are. */
  private told = 0;
  private servers = Infinity;
  private isOver = false;
  private failure: SocketIOError | undefined;
  private wake: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly packet: Packet;
  /** One error of each kind for all clients, because each takes a stack trace. */
  private readonly errors = new Map<ErrorCode, SocketIOError>();

  constructor(
    private readonly to: Selection, private readonly event: string, args: readonly unknown[], private readonly limits: AckLimits,
  ) {
    this.packet = { type: EVENT, data: [ event, ...args ], named: limits.timeout };
  }

  /** @throws for data that cannot be sent */
  send(): void {
    const { to: { adapter, rooms, exceptRooms, flags }, limits: { timeout } } = this;
    this.timer = setTimeout(() => this.expire(), timeout);
    const opts = { rooms: new Set(rooms), except: new Set(exceptRooms), flags: { ...flags, timeout } };
    adapter.broadcastWithAck(this.packet, opts, asked => this.tellAsked(asked), ack => this.tellAck(ack));
    if (flags.local) this.setServers(1);
    else adapter.serverCount().then(servers => this.setServers(servers), () => undefined);
  }

  /**
   * Returns the next result; `undefined` after the last.
   *
   * @throws {SocketIOError} `PEERS_SILENT` after the last, if there may be clients without a result
   */
  async take(): Promise<AckResult<unknown> | undefined> {
    while (this.next.length === 0) {
      if (this.arrived.length > 0) {
        this.next = this.arrived.reverse();
        this.arrived = [];
      } else if (this.isOver) {
        if (this.failure) throw this.failure;
        return undefined;
      } else {
        await new Promise<void>(resolve => { this.wake = resolve; });
      }
    }
    const { result, bytes } = this.next.pop()!;
    this.bytes -= bytes;
    return result;
  }

  /** The loop has ended: the remaining results are not wanted. */
  close(): void {
    const { missing, packet: { id }, to: { adapter: { nsp } } } = this;
    if (id !== undefined && missing.size > 0) {
      for (const { acks } of nsp.sockets.values()) acks.delete(id);
    }
    missing.clear();
    this.arrived = [];
    this.next = [];
    this.end();
  }

  private tellAsked(asked: Asked): void {
    if (this.isOver) return;
    this.told += 1;
    if (typeof asked === 'object') {
      for (const id of asked) if (!this.done.has(id)) this.missing.add(id);
    }
    this.endIfComplete();
  }

  private tellAck({ id, value, left, failure }: NamedAck): void {
    if (this.isOver || this.done.has(id)) return;
    if (left) this.addError(id, 'CLIENT_LEFT');
    else if (failure !== undefined) this.add(id, { socket: id, error: new SocketIOError('PEER_FAILED', failure) });
    else this.addValue(id, value);
    this.endIfComplete();
  }

  private addValue(socket: string, value: unknown): void {
    const { bytes: most } = this.limits;
    const bytes = sizeOf(value, most);
    if (this.bytes + bytes > most) this.addError(socket, 'ACK_DROPPED');
    else this.add(socket, { socket, value }, bytes);
  }

  private addError(socket: string, code: ErrorCode): void {
    let error = this.errors.get(code);
    if (!error) this.errors.set(code, error = new SocketIOError(code));
    this.add(socket, { socket, error });
  }

  private add(id: string, result: AckResult<unknown>, bytes = 0): void {
    this.missing.delete(id);
    this.done.add(id);
    this.bytes += bytes;
    this.arrived.push({ result, bytes });
    this.wake?.();
  }

  private setServers(servers: number): void {
    this.servers = servers;
    this.endIfComplete();
  }

  private endIfComplete(): void {
    if (this.told >= this.servers && this.missing.size === 0) this.end();
  }

  private expire(): void {
    const { missing, told, servers, event, limits: { timeout, onTimeout }, to: { adapter: { nsp } } } = this;
    if (missing.size > 0) onTimeout?.();
    for (const id of missing) this.addError(id, 'ACK_TIMEOUT');
    if (told < servers) {
      this.failure = new SocketIOError('PEERS_SILENT',
        `acks of '${event}': namespace ${nsp.name}: only ${told} worker(s) or server(s) have said within ${timeout} ms whom they have asked. Check the others and, if it is used, Redis.`);
    }
    this.end();
  }

  private end(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.wake?.();
  }
}

/**
 * Sends an event to clients when the loop begins, and yields one result for each of them, in the order in which they come.
 *
 * @throws for data that cannot be sent; {@link SocketIOError} `PEERS_SILENT` after the last result
 */
export async function* askClients(
  to: Selection, event: string, args: readonly unknown[], limits: AckLimits,
): AsyncGenerator<AckResult<unknown>, void, undefined> {
  const question = new Question(to, event, args, limits);
  try {
    question.send();
    for (let result = await question.take(); result; result = await question.take()) yield result;
  } finally {
    question.close();
  }
}
