import { connect, type Socket } from 'node:net';
import { debugOf } from '../base/debug';
import type { DirectoryMessage, Registration } from './directory';
import { encodeFrame, FrameReader } from './frames';
import type { Member } from './port';

const debug = debugOf('cluster');

/** The worker's own entry; it sends the digest of what it has loaded when it registers. */
export type Self = Omit<Member, 'loaded'>;

/** Milliseconds before the first, and maximum before later attempts to reach an agent that is away. */
const RETRY_FIRST = 20;
const RETRY_MOST = 1000;

/** Handlers for the agent's messages. */
export interface MembershipListener {
  /** Another worker has registered. */
  onJoin(member: Member): void;
  /** The agent says that another worker has gone. */
  onLeave(tag: string): void;
  /** The agent emits to all clients. */
  onBroadcast(message: unknown): void;
  /** The process that listens in the agent's place is not the agent. */
  onGarbage(error: Error): void;
}

/**
 * A worker's registration with the agent, and its copy of the agent's directory. While the agent is away the copy stays as it is; when it
 * is back, the worker registers again. A new agent only knows the workers that have registered again so far, so a worker missing in its
 * list is gone only if it was in it before.
 */
export class Membership {
  /** The others, by tag. */
  readonly others = new Map<string, Member>();
  private readonly listedIn = new Map<string, string>();
  private socket: Socket | undefined;
  private retry: NodeJS.Timeout | undefined;
  private delay = RETRY_FIRST;
  private closed = false;
  private onFirst: ((others: readonly Member[]) => void) | undefined;
  private loaded: string | undefined;

  constructor(
    private readonly self: Self,
    private readonly agentEndpoint: string,
    private readonly listener: MembershipListener,
  ) {}

  /**
   * Registers.
   *
   * @param loaded - a digest of what this worker has loaded
   * @return resolves with the agent's first list, however long the agent takes to start: the workers that had registered before
   */
  async open(loaded?: string): Promise<readonly Member[]> {
    this.loaded = loaded;
    const first = new Promise<readonly Member[]>(resolve => { this.onFirst = resolve; });
    this.connect();
    return first;
  }

  /** A link to another worker is closed and cannot be opened again: it is gone, whatever the agent says. */
  forget(tag: string): void {
    if (this.others.delete(tag)) this.listener.onLeave(tag);
  }

  /** Removes the worker from the list. */
  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    this.socket?.destroy();
  }

  private connect(): void {
    const socket = this.socket = connect(this.agentEndpoint);
    const reader = new FrameReader(message => this.receive(message as DirectoryMessage));
    socket.once('connect', () => {
      const member = { ...this.self, loaded: this.loaded };
      socket.write(encodeFrame({ type: 'register', member } satisfies Registration));
    });
    socket.on('data', chunk => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.listener.onGarbage(error as Error);
        socket.destroy();
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (this.closed) return;
      debug('the agent is away; next attempt in %d ms', this.delay);
      this.retry = setTimeout(() => this.connect(), this.delay);
      this.delay = Math.min(this.delay * 2, RETRY_MOST);
    });
  }

  private receive(message: DirectoryMessage): void {
    // Not earlier: another process that listens there must not be asked again and again.
    this.delay = RETRY_FIRST;
    if (message.type === 'broadcast') {
      this.listener.onBroadcast(message.message);
      return;
    }
    const listed = new Map(message.members.map(member => [ member.tag, member ]));
    listed.delete(this.self.tag);
    debug('the agent lists %d other worker(s)', listed.size);
    for (const [ tag, member ] of listed) {
      this.listedIn.set(tag, message.epoch);
      if (this.others.has(tag)) continue;
      this.others.set(tag, member);
      this.listener.onJoin(member);
    }
    for (const tag of [ ...this.others.keys() ]) {
      if (!listed.has(tag) && this.listedIn.get(tag) === message.epoch) this.forget(tag);
    }
    this.onFirst?.([ ...this.others.values() ]);
  }
}
