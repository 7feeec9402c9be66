import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { EggLogger } from 'egg';
import { atMost } from '../base/at_most';
import { debugOf } from '../base/debug';
import { encodeFrame } from './frames';
import { IncomingLinks } from './incoming_links';
import { PeerLink } from './peer_link';
import type { Member, PeerListener, PeerPort } from './port';
import { SOCKETS, type Sockets } from './sockets';

const debug = debugOf('cluster');

/** Milliseconds between two log lines about messages that could not be handled. */
const QUIET = 60_000;
/** Milliseconds that the peers may take to read the last messages. */
const CLOSE_LIMIT = 1000;

/** Is notified about links that cannot be opened. */
export type OnGone = (tag: string) => void;

/**
 * Direct connections between the workers, one in each direction: the messages from one worker to another use the connection that it has
 * opened, in order.
 */
export class PeerLinks implements PeerPort {
  private readonly links = new Map<string, { link: PeerLink; opened: Promise<void> }>();
  private readonly incoming: IncomingLinks;
  private readonly listeners = new Set<PeerListener>();
  /** Waiting for a peer to read most of its messages. */
  private readonly waiting = new Map<string, Array<() => void>>();
  private closed = false;
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
  ) {
    this.incoming = new IncomingLinks(logger, {
      onMessage: (from, message) => this.tellMessage(from, message),
      isMember: other => this.links.has(other),
    });
  }

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
    this.incoming.forget(tag);
    debug('the link to worker %s is closed', tag);
    this.reachable = undefined;
    left.link.destroy();
    // If it has come back until then, it was not gone: its sessions would get a second owner here.
    this.incoming.onceRead(tag, () => { if (!this.links.has(tag)) this.tellLeft(tag); });
  }

  /** Accepts a link that another worker opens on our private endpoint. */
  accept(req: IncomingMessage, stream: Duplex): void {
    this.incoming.accept(req, stream);
  }

  /** Closes all links when everything is written; it does not wait for a peer that does not read. */
  async close(): Promise<void> {
    this.closed = true;
    this.incoming.close();
    this.listeners.clear();
    const written = Promise.all([ ...this.links.values() ].map(({ link }) => link.end()));
    await atMost(CLOSE_LIMIT, written);
    for (const tag of [ ...this.links.keys() ]) this.leave(tag);
    this.incoming.destroy();
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
