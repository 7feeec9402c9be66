import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { EggLogger } from 'egg';
import { atMost } from '../base/at_most';
import { debugOf } from '../base/debug';
import { encodeFrame, FrameReader } from './frames';
import { printable } from '../base/printable';
import { PEER_PROTOCOL, PeerLink, RECEIVED_HEADER, SEQUENCE_HEADER, TAG_HEADER, UNKNOWN } from './peer_link';
import type { Member, PeerListener, PeerPort } from './port';
import { isTag } from './rendezvous';
import { SOCKETS, type Sockets } from './sockets';

const debug = debugOf('cluster');

const LONGEST_TAG = 64;
/** Links from others that are open at a time; more than an app has workers. */
const MOST_INCOMING = 1024;
/** Milliseconds between two log lines about messages that could not be handled. */
const QUIET = 60_000;
/** Bytes that are read from a link before its sender is told what has arrived: it keeps that much, to send it again. */
const CONFIRM_EACH = 64 * 1024;
/** Milliseconds that the peers may take to read the last messages. */
const CLOSE_LIMIT = 1000;

/**
 * Whether a request is for a peer link, of any version. A request that is forwarded for a client begins with another header, whatever it
 * asks for.
 */
export function isPeerLink(req: IncomingMessage): boolean {
  return req.rawHeaders[0] === TAG_HEADER;
}

interface Received {
  /** See {@link SEQUENCE_HEADER}; `undefined` if the sender, with an older version, keeps nothing to send it again. */
  readonly sequence: string | undefined;
  count: number;
}

/** Is notified about links that cannot be opened. */
export type OnGone = (tag: string) => void;

/**
 * Direct connections between the workers, one in each direction: the messages from one worker to another use the connection that it has
 * opened, in order.
 */
export class PeerLinks implements PeerPort {
  private readonly links = new Map<string, { link: PeerLink; opened: Promise<void> }>();
  /** The links that the others have opened. */
  private readonly incoming = new Map<Duplex, string>();
  /** By the tag of a worker: the messages that it sends here, and how many have arrived. */
  private readonly received = new Map<string, Received>();
  private readonly listeners = new Set<PeerListener>();
  /** Waiting for a peer to read most of its messages. */
  private readonly waiting = new Map<string, Array<() => void>>();
  private closed = false;
  private explained = false;
  private reported = 0;
  /** The tags of the peers; reset when they change. */
  private reachable: readonly string[] | undefined;

  /**
   * @param tag - the worker's own
   * @param onGone - called with the tag of a peer whose endpoint nobody listens on any more
   * @param sockets - default: those of the system
   */
  constructor(
    readonly tag: string, private readonly logger: EggLogger, private readonly onGone: OnGone, private readonly sockets: Sockets = SOCKETS,
  ) {}

  peers(): readonly string[] {
    return this.reachable ??= [ ...this.links.values() ].filter(({ link }) => !link.isGivenUp).map(({ link }) => link.member.tag);
  }

  /** Returns the worker with a tag, while there is a link. */
  memberOf(tag: string): Member | undefined {
    return this.links.get(tag)?.link.member;
  }

  /** The other workers with a link, and the bytes that wait for each. */
  queues(): { readonly member: Member; readonly bytes: number }[] {
    return [ ...this.links.values() ].map(({ link: { member, queued } }) => ({ member, bytes: queued }));
  }

  send(to: string, message: unknown): void {
    const { link } = this.links.get(to) ?? {};
    if (link && !link.isGivenUp) link.write(encodeFrame(message));
  }

  broadcast(message: unknown): void {
    if (this.peers().length === 0) return;
    const frame = encodeFrame(message);
    for (const { link } of this.links.values()) link.write(frame);
  }

  drained(to: string): Promise<void> | undefined {
    if (!this.links.get(to)?.link.isCongested) return undefined;
    return new Promise(resolve => {
      const waiting = this.waiting.get(to);
      if (waiting) waiting.push(resolve);
      else this.waiting.set(to, [ resolve ]);
    });
  }

  collect(): void {
    for (const { link } of this.links.values()) link.collect();
  }

  flush(): void {
    for (const { link } of this.links.values()) link.flush();
  }

  isBehind(to: string): boolean {
    return this.links.get(to)?.link.isBehind ?? true;
  }

  listen(listener: PeerListener): () => void {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }

  /** Opens the link to another worker; resolves when it is open, or cannot be opened. */
  async join(member: Member): Promise<void> {
    const { tag } = member;
    const known = this.links.get(tag);
    if (this.closed || known) return known?.opened;
    const link = new PeerLink(member, this.tag, this.logger, {
      onUp: () => {
        debug('the link to worker %s (pid %d) is open', tag, member.pid);
        for (const listener of this.listeners) listener.onUp?.(tag);
      },
      onBroken: () => {
        for (const listener of this.listeners) listener.onBroken?.(tag);
      },
      onGone: () => this.onGone(tag),
      onGivenUp: ({ isGivenUp }) => {
        this.reachable = undefined;
        if (isGivenUp) this.tellDown(tag);
      },
      onCongested: () => {
        for (const listener of this.listeners) listener.onCongested?.();
      },
      onDrained: () => this.drain(tag),
    }, this.sockets);
    const opened = link.open();
    this.links.set(tag, { link, opened });
    this.reachable = undefined;
    return opened;
  }

  /** Closes the link to a worker that is gone. */
  leave(tag: string): void {
    const left = this.links.get(tag);
    if (!left) return;
    this.links.delete(tag);
    this.received.delete(tag);
    debug('the link to worker %s is closed', tag);
    this.reachable = undefined;
    left.link.destroy();
    const [ last ] = [ ...this.incoming ].find(([ , from ]) => from === tag) ?? [];
    // Its last messages may not be read yet. If it has come back until then, it was not gone: its sessions would get a second owner here.
    if (last) last.once('close', () => { if (!this.links.has(tag)) this.tellLeft(tag); });
    else this.tellLeft(tag);
  }

  /** Accepts a link that another worker opens on our private endpoint. */
  accept(req: IncomingMessage, stream: Duplex): void {
    const from = String(req.headers[TAG_HEADER]);
    stream.on('error', () => stream.destroy());
    if (this.closed) {
      stream.destroy();
      return;
    }
    const problem = this.problemWith(req, from);
    if (problem) {
      this.explain(from, problem);
      stream.end('HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => stream.destroy());
      return;
    }
    // A worker opens one at a time: the previous one is broken, even if that was not noticed here.
    for (const [ older, tag ] of this.incoming) {
      if (tag === from) older.destroy();
    }
    const known = this.received.get(from);
    const sequence = req.headers[SEQUENCE_HEADER] as string | undefined;
    const received = known && known.sequence === sequence ? known : { sequence, count: 0 };
    this.received.set(from, received);
    const header = sequence === undefined ? '' : `${RECEIVED_HEADER}: ${received === known ? known.count : UNKNOWN}\r\n`;
    stream.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${PEER_PROTOCOL}\r\n${header}\r\n`);
    this.incoming.set(stream, from);
    debug('the link from worker %s is open', from);
    this.read(stream, from, received);
    // A connection of an HTTP server stays open until the server has written everything.
    stream.on('end', () => stream.destroy());
    stream.on('close', () => {
      this.incoming.delete(stream);
      if (!this.links.has(from) && ![ ...this.incoming.values() ].includes(from)) this.received.delete(from);
      debug('the link from worker %s is closed', from);
    });
  }

  /** Closes all links when everything is written; it does not wait for a peer that does not read. */
  async close(): Promise<void> {
    this.closed = true;
    this.listeners.clear();
    const written = Promise.all([ ...this.links.values() ].map(({ link }) => link.end()));
    await atMost(CLOSE_LIMIT, written);
    for (const tag of [ ...this.links.keys() ]) this.leave(tag);
    for (const stream of this.incoming.keys()) stream.destroy();
  }

  private read(stream: Duplex, from: string, received: Received): void {
    const { sequence, count } = received;
    const reader = new FrameReader(message => this.tellMessage(from, message));
    let unconfirmed = 0;
    stream.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.explain(from, (error as Error).message);
        stream.destroy();
      }
      received.count = count + reader.count;
      unconfirmed += chunk.length;
      if (unconfirmed < CONFIRM_EACH || sequence === undefined) return;
      unconfirmed = 0;
      stream.write(encodeFrame(received.count));
    });
  }

  private problemWith({ headers: { upgrade } }: IncomingMessage, from: string): string | undefined {
    if (upgrade !== PEER_PROTOCOL) return `it speaks ${JSON.stringify(upgrade)}, and this worker ${PEER_PROTOCOL}: they have loaded different versions of egg-socketio`;
    if (!isTag(from)) return 'it has no valid tag';
    return this.incoming.size < MOST_INCOMING ? undefined : `there are ${MOST_INCOMING} links already`;
  }

  /** A message that one listener cannot handle must neither keep it from the others nor close the link. */
  private tellMessage(from: string, message: unknown): void {
    for (const listener of this.listeners) {
      try {
        listener.onMessage(from, message);
      } catch (error) {
        this.report(from, error);
      }
    }
  }

  /** A process that can write to the private endpoint must not be able to fill the log. */
  private explain(from: string, problem: string): void {
    if (this.explained) return;
    this.explained = true;
    this.logger.error('[egg-socketio] closed the link from worker %s: %s; further cases are not logged.', printable(from.slice(0, LONGEST_TAG)), printable(problem));
  }

  private report(from: string, error: unknown): void {
    if (Date.now() - this.reported < QUIET) return;
    this.reported = Date.now();
    this.logger.error('[egg-socketio] could not handle a message from worker %s; further cases within a minute are not logged:', from, error);
  }

  private tellLeft(tag: string): void {
    for (const listener of this.listeners) listener.onLeft?.(tag);
    this.tellDown(tag);
  }

  private tellDown(tag: string): void {
    for (const listener of this.listeners) listener.onDown(tag);
  }

  private drain(tag: string): void {
    for (const resolve of this.waiting.get(tag) ?? []) resolve();
    this.waiting.delete(tag);
    if ([ ...this.links.values() ].some(({ link }) => link.isCongested)) return;
    for (const listener of this.listeners) listener.onDrained?.();
  }
}
