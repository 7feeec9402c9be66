import type { Socket } from 'node:net';
import { debugOf } from '../base/debug';
import type { DirectoryMessage, Registration } from './directory';
import { encodeFrame, FrameReader } from './frames';
import type { Member } from './port';
import type { Rendezvous } from './rendezvous';

const debug = debugOf('cluster');

/** The worker's own entry; it sends the digest of what it has loaded when it registers. */
export type Self = Omit<Member, 'loaded'>;

/** Milliseconds before the first, and maximum before later attempts to reach an agent that is away. */
const RETRY_FIRST = 20;
const RETRY_MOST = 1000;
/** Milliseconds of attempts after which it is logged that the agent is away; Egg starts another one within two seconds. */
const PATIENCE = 5000;

/** Handlers for the agent's messages. */
export interface MembershipListener {
  /** Another worker has registered. */
  onJoin(member: Member): void;
  /** Another worker is gone. */
  onLeave(tag: string): void;
  /** The agent has sent a list: a worker has come or gone. */
  onList(): void;
  /** The agent emits to all clients. */
  onBroadcast(message: unknown): void;
  /** The process that listens in the agent's place is not the agent. */
  onGarbage(error: Error): void;
  /** The agent has been away for a while, or is there again after that. */
  onAgentAway(isAway: boolean): void;
}

/**
 * A worker's registration with the agent, and the other workers of which the agent has told it. The agent only introduces workers: one
 * that is missing in its list may just have lost its connection to the agent, or not have registered with a new agent yet, and goes on
 * serving its clients. Whether it is gone is seen on its link. While the agent is away, the worker tries again and again to register.
 */
export class Membership {
  /** The others, by tag. */
  readonly others = new Map<string, Member>();
  private socket: Socket | undefined;
  private retry: NodeJS.Timeout | undefined;
  private delay = RETRY_FIRST;
  /** Milliseconds of waiting between attempts since the agent was last heard. */
  private waited = 0;
  private closed = false;
  private onFirst: ((others: readonly Member[]) => void) | undefined;
  private loaded: string | undefined;

  constructor(
    private readonly self: Self,
    private readonly rendezvous: Pick<Rendezvous, 'agentEndpoint' | 'sockets'>,
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

  /** Nobody listens on the endpoint of another worker any more: it is gone, whatever the agent says. */
  forget(tag: string): void {
    if (this.others.delete(tag)) this.listener.onLeave(tag);
  }

  /** Registers again, so that workers that take this one for gone find it. */
  renew(): void {
    this.socket?.destroy();
  }

  /** Removes the worker from the list. */
  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    this.socket?.destroy();
  }

  private connect(): void {
    const { agentEndpoint, sockets } = this.rendezvous;
    const socket = this.socket = sockets.connect(agentEndpoint);
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
      const isNews = this.waited < PATIENCE && this.waited + this.delay >= PATIENCE;
      this.waited += this.delay;
      if (isNews) this.listener.onAgentAway(true);
      this.delay = Math.min(this.delay * 2, RETRY_MOST);
    });
  }

  private receive(message: DirectoryMessage): void {
    // Not earlier: another process that listens there must not be asked again and again.
    this.delay = RETRY_FIRST;
    if (this.waited >= PATIENCE) this.listener.onAgentAway(false);
    this.waited = 0;
    if (message.type === 'broadcast') {
      this.listener.onBroadcast(message.message);
      return;
    }
    debug('the agent lists %d worker(s)', message.members.length);
    this.listener.onList();
    for (const member of message.members) {
      if (member.tag === this.self.tag || this.others.has(member.tag)) continue;
      this.others.set(member.tag, member);
      this.listener.onJoin(member);
    }
    this.onFirst?.([ ...this.others.values() ]);
  }
}
