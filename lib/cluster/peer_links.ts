import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { EggLogger } from 'egg';
import { encodeFrame, FrameReader } from './frames';
import { isNobodyThere } from './rendezvous';
import type { Member, PeerListener, PeerPort } from './port';

/** The name of the protocol that a peer link switches to. */
export const PEER_PROTOCOL = 'egg-socketio-peer';
const TAG_HEADER = 'x-egg-socketio-tag';

/** Whether a request is for a peer link. What is forwarded for a client begins with another header, whatever it asks for. */
export function isPeerLink(req: IncomingMessage): boolean {
  return req.headers.upgrade === PEER_PROTOCOL && req.rawHeaders[0] === TAG_HEADER;
}

/** Bytes that may wait for a peer that does not read, before it is given up. */
const MAX_QUEUE = 64 * 1024 * 1024;
/** Milliseconds before a peer that was given up is tried again. */
const RETRY = 1000;
/** Milliseconds that a peer may take to answer when a link is opened; a process that is stopped never answers. */
const DIAL_LIMIT = 5000;
/** Milliseconds that the peers may take to read what was said last. */
const CLOSE_LIMIT = 1000;

interface Link {
  readonly member: Member;
  /** `given up`: the peer lives and does not read; nothing is kept for it until the next attempt. */
  state: 'opening' | 'up' | 'given up';
  stream: Duplex | undefined;
  /** What is to be written once the link is up, and how many bytes that is. */
  waiting: Buffer[];
  waitingBytes: number;
  retry: NodeJS.Timeout | undefined;
  /** Whether it was up before, and broke. */
  broken: boolean;
  /** The first dialling. */
  opened: Promise<void> | undefined;
}

/** Hears of links that cannot be opened. */
export type OnGone = (tag: string) => void;

function uncork(stream: Duplex): void {
  stream.uncork();
}

/**
 * What is written to a stream after this is written as one, when the present turn is over. The first of it is on its way
 * by then, so that nothing is later than it would be, and many at once do not cost a system call each.
 */
function collectForThisTurn(stream: Duplex): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(uncork, stream);
}

/**
 * Direct connections between the workers, one from each to each other: what a worker says to another goes through the
 * connection that it has opened, in the order in which it was said.
 */
export class PeerLinks implements PeerPort {
  private readonly links = new Map<string, Link>();
  /** What the others have opened, and who. */
  private readonly incoming = new Map<Duplex, string>();
  private readonly listeners = new Set<PeerListener>();
  private closed = false;
  /** The tags of the peers; forgotten when they change. */
  private reachable: readonly string[] | undefined;

  /**
   * @param tag - the worker's own
   * @param onGone - called with the tag of a peer whose endpoint nobody listens on any more
   */
  constructor(readonly tag: string, private readonly logger: EggLogger, private readonly onGone: OnGone) {}

  peers(): readonly string[] {
    return this.reachable ??= [ ...this.links.values() ].filter(link => link.state !== 'given up').map(link => link.member.tag);
  }

  send(to: string, message: unknown): void {
    const link = this.links.get(to);
    if (link) this.write(link, encodeFrame(message));
  }

  broadcast(message: unknown): void {
    if (this.links.size === 0) return;
    const frame = encodeFrame(message);
    for (const link of this.links.values()) this.write(link, frame);
  }

  listen(listener: PeerListener): () => void {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }

  /** Opens the link to another worker; resolves once it is up, or will not come up. */
  async join(member: Member): Promise<void> {
    const known = this.links.get(member.tag);
    if (this.closed || known) return known?.opened;
    const link: Link = { member, state: 'opening', stream: undefined, waiting: [], waitingBytes: 0, retry: undefined, broken: false, opened: undefined };
    this.links.set(member.tag, link);
    this.reachable = undefined;
    return link.opened = this.dial(link);
  }

  /** Closes the link to a worker that is gone. */
  leave(tag: string): void {
    const link = this.links.get(tag);
    if (!link) return;
    this.links.delete(tag);
    this.reachable = undefined;
    clearTimeout(link.retry);
    link.stream?.destroy();
    const down = () => { for (const listener of this.listeners) listener.onDown(tag); };
    const [ last ] = [ ...this.incoming ].find(([ , from ]) => from === tag) ?? [];
    // What it said last may not be read yet.
    if (last) last.once('close', down);
    else down();
  }

  /** Takes a link that another worker opens on our private endpoint. */
  accept(req: IncomingMessage, stream: Duplex): void {
    const from = String(req.headers[TAG_HEADER]);
    stream.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${PEER_PROTOCOL}\r\n\r\n`);
    this.incoming.set(stream, from);
    const reader = new FrameReader(message => {
      for (const listener of this.listeners) listener.onMessage(from, message);
    });
    stream.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.logger.error('[egg-socketio] closed the link from worker %s: %s', from, (error as Error).message);
        stream.destroy();
      }
    });
    stream.on('error', () => stream.destroy());
    // A connection of an HTTP server stays open for what that still has to say.
    stream.on('end', () => stream.destroy());
    stream.on('close', () => this.incoming.delete(stream));
  }

  /** Closes all links, once what was said is written; a peer that does not read is not waited for. */
  async close(): Promise<void> {
    this.closed = true;
    this.listeners.clear();
    const streams = [ ...this.links.values() ].flatMap(({ stream }) => stream ?? []);
    const written = Promise.all(streams.map(stream => new Promise<void>(resolve => { stream.end(resolve); })));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([ written, new Promise(resolve => { timer = setTimeout(resolve, CLOSE_LIMIT); }) ]);
    clearTimeout(timer);
    for (const tag of [ ...this.links.keys() ]) this.leave(tag);
    for (const stream of this.incoming.keys()) stream.destroy();
  }

  private async dial(link: Link): Promise<void> {
    const { member } = link;
    await new Promise<void>(resolve => {
      const req = request({
        socketPath: member.endpoint,
        headers: { [TAG_HEADER]: this.tag, connection: 'Upgrade', upgrade: PEER_PROTOCOL },
      });
      const timer = setTimeout(() => req.destroy(new Error('the peer did not answer')), DIAL_LIMIT);
      const finish = (outcome: () => void) => {
        clearTimeout(timer);
        outcome();
        resolve();
      };
      req.once('upgrade', (_res, stream: Duplex) => finish(() => this.up(link, stream)));
      req.once('response', () => finish(() => this.lost(link)));
      req.once('error', error => finish(() => {
        // A member's endpoint was listened on before it became a member: if that is refused, nobody lives there.
        if (isNobodyThere(error)) this.lost(link);
        else this.giveUp(link, link.waitingBytes);
      }));
      req.end();
    });
  }

  private up(link: Link, stream: Duplex): void {
    if (this.links.get(link.member.tag) !== link) {
      stream.destroy();
      return;
    }
    link.state = 'up';
    this.reachable = undefined;
    link.stream = stream;
    if (link.broken) {
      this.logger.warn('[egg-socketio] the link to worker %s (pid %d) was broken and is open again; what was on its way is lost.',
        link.member.tag, link.member.pid);
    }
    link.broken = false;
    stream.on('error', () => stream.destroy());
    stream.on('close', () => {
      if (link.stream !== stream || this.closed) return;
      link.broken = true;
      this.redial(link);
    });
    stream.resume();
    for (const frame of link.waiting.splice(0)) stream.write(frame);
    link.waitingBytes = 0;
  }

  /** The process behind a broken link may live all the same; if it does not, dialling it tells. */
  private redial(link: Link): void {
    if (this.links.get(link.member.tag) !== link) return;
    link.state = 'opening';
    link.stream = undefined;
    this.reachable = undefined;
    void this.dial(link);
  }

  private lost(link: Link): void {
    if (this.links.get(link.member.tag) === link && !this.closed) this.onGone(link.member.tag);
  }

  private write(link: Link, frame: Buffer): void {
    if (link.state === 'given up' || this.closed) return;
    const { stream } = link;
    if (stream) {
      stream.write(frame);
      collectForThisTurn(stream);
    } else {
      link.waiting.push(frame);
      link.waitingBytes += frame.length;
    }
    const queued = stream?.writableLength ?? link.waitingBytes;
    if (queued > MAX_QUEUE) this.giveUp(link, queued);
  }

  /** A worker that does not read must not take our memory; it gets what is said after the next attempt. */
  private giveUp(link: Link, queued: number): void {
    const { tag, pid } = link.member;
    if (this.links.get(tag) !== link) return;
    this.logger.error('[egg-socketio] worker %s (pid %d) does not read: %d bytes for it are dropped; the link is opened again in %d ms.',
      tag, pid, queued, RETRY);
    const { stream } = link;
    Object.assign(link, { state: 'given up', stream: undefined, waiting: [], waitingBytes: 0 } satisfies Partial<Link>);
    this.reachable = undefined;
    stream?.destroy();
    link.retry = setTimeout(() => this.redial(link), RETRY);
    for (const listener of this.listeners) listener.onDown(tag);
  }
}
