import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { EggLogger } from 'egg';
import { encodeFrame, FrameReader } from './frames';
import { PEER_PROTOCOL, PeerLink, TAG_HEADER } from './peer_link';
import type { Member, PeerListener, PeerPort } from './port';

/** Milliseconds that the peers may take to read what was said last. */
const CLOSE_LIMIT = 1000;

/** Whether a request is for a peer link. What is forwarded for a client begins with another header, whatever it asks for. */
export function isPeerLink(req: IncomingMessage): boolean {
  return req.headers.upgrade === PEER_PROTOCOL && req.rawHeaders[0] === TAG_HEADER;
}

/** Hears of links that cannot be opened. */
export type OnGone = (tag: string) => void;

/**
 * Direct connections between the workers, one from each to each other: what a worker says to another goes through the
 * connection that it has opened, in the order in which it was said.
 */
export class PeerLinks implements PeerPort {
  private readonly links = new Map<string, { link: PeerLink; opened: Promise<void> }>();
  /** What the others have opened, and who. */
  private readonly incoming = new Map<Duplex, string>();
  private readonly listeners = new Set<PeerListener>();
  private closed = false;
  private explained = false;
  /** The tags of the peers; forgotten when they change. */
  private reachable: readonly string[] | undefined;

  /**
   * @param tag - the worker's own
   * @param onGone - called with the tag of a peer whose endpoint nobody listens on any more
   */
  constructor(readonly tag: string, private readonly logger: EggLogger, private readonly onGone: OnGone) {}

  peers(): readonly string[] {
    return this.reachable ??= [ ...this.links.values() ].filter(({ link }) => !link.isGivenUp).map(({ link }) => link.member.tag);
  }

  /** Who has a tag, while there is a link. */
  memberOf(tag: string): Member | undefined {
    return this.links.get(tag)?.link.member;
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

  listen(listener: PeerListener): () => void {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }

  /** Opens the link to another worker; resolves once it is up, or will not come up. */
  async join(member: Member): Promise<void> {
    const { tag } = member;
    const known = this.links.get(tag);
    if (this.closed || known) return known?.opened;
    const link = new PeerLink(member, this.tag, this.logger, {
      onUp: () => {
        for (const listener of this.listeners) listener.onUp?.(tag);
      },
      onGone: () => this.onGone(tag),
      onGivenUp: ({ isGivenUp }) => {
        this.reachable = undefined;
        if (isGivenUp) this.tellDown(tag);
      },
    });
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
    this.reachable = undefined;
    left.link.destroy();
    const [ last ] = [ ...this.incoming ].find(([ , from ]) => from === tag) ?? [];
    // What it said last may not be read yet.
    if (last) last.once('close', () => this.tellDown(tag));
    else this.tellDown(tag);
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
        this.explain(from, error as Error);
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
    const written = Promise.all([ ...this.links.values() ].map(({ link }) => link.end()));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([ written, new Promise(resolve => { timer = setTimeout(resolve, CLOSE_LIMIT); }) ]);
    clearTimeout(timer);
    for (const tag of [ ...this.links.keys() ]) this.leave(tag);
    for (const stream of this.incoming.keys()) stream.destroy();
  }

  /** Whoever can write to the private endpoint must not be able to fill the log. */
  private explain(from: string, error: Error): void {
    if (this.explained) return;
    this.explained = true;
    this.logger.error('[egg-socketio] closed the link from worker %s: %s; further cases are not logged.', from, error.message);
  }

  private tellDown(tag: string): void {
    for (const listener of this.listeners) listener.onDown(tag);
  }
}
