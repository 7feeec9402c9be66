import { randomUUID } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { EggLogger } from 'egg';
import { FrameReader } from './frames';
import { Outbox } from './outbox';
import type { Member } from './port';
import type { Sockets } from './sockets';
import { UnconfirmedFrames } from './unconfirmed';
import { isRefused } from '../base/gone_errors';
import { machineClock } from '../base/machine_clock';

/**
 * The name of the protocol of a peer link, with its version: increase it with each change that a worker with older code would
 * misunderstand. When a dead worker is replaced, the new one runs the code that is installed by then.
 */
export const PEER_PROTOCOL = 'egg-socketio-peer/3';
/** Names the worker that opens a link; the first header of its request. */
export const TAG_HEADER = 'x-egg-socketio-tag';
/** Names a sequence of messages: a worker goes on with it when it opens a link again. */
export const SEQUENCE_HEADER = 'x-egg-socketio-sequence';
/** How many messages of the sequence have arrived, in the response, or {@link UNKNOWN}. */
export const RECEIVED_HEADER = 'x-egg-socketio-received';
/** The worker has never had a message of the sequence, or has forgotten how many. */
export const UNKNOWN = 'unknown';
/** Bytes that the number of received messages takes, as a message. */
const CONFIRMATION = 16;
/** Bytes that may wait for a peer before its link is dropped, even if it reads: memory is limited. */
const MAX_QUEUE = 128 * 1024 * 1024;
/** Milliseconds before a dropped peer is tried again. */
const RETRY = 1000;
/** Milliseconds after a first attempt to open a link that failed; doubled after each further one, up to {@link RETRY}. */
const AT_ONCE = 20;
/** Milliseconds within which a link must be open. A stopped process never answers; one without file descriptors may have some soon. */
const OPEN_LIMIT = 5000;

/** Handlers for the state of a link. */
export interface PeerLinkListener {
  /** It is open. */
  onUp(link: PeerLink): void;
  /** It is broken. It is opened again, if the peer lives; what has not arrived is sent again then. */
  onBroken(link: PeerLink): void;
  /** Nothing listens on the peer's endpoint any more. */
  onGone(link: PeerLink): void;
  /** {@link PeerLink.isGivenUp} has changed. */
  onGivenUp(link: PeerLink): void;
  /** Too much is waiting for the peer. Called with each message sent in this state. */
  onCongested(link: PeerLink): void;
  /** The state is over. */
  onDrained(link: PeerLink): void;
}

/**
 * The messages from one worker to another: a connection that the first opens to the other, and reopens if it breaks. The peer confirms
 * what it has got, so that a connection that breaks loses nothing.
 */
export class PeerLink {
  /** The peer is alive but does not read; nothing is kept for it until the link is open again. */
  isGivenUp = false;
  private stream: Duplex | undefined;
  private readonly outbox: Outbox;
  /** The messages to send again if the connection breaks; `undefined` if the peer, with an older version, does not confirm. */
  private unconfirmed: UnconfirmedFrames | undefined = new UnconfirmedFrames();
  private sequence = randomUUID();
  private retry: NodeJS.Timeout | undefined;
  private wasBroken = false;
  /** Attempts in a row that have failed, and when the first of them began. */
  private failures = 0;
  private since: number | undefined;
  private closed = false;

  /** @param from - the tag of the worker that opens it */
  constructor(
    readonly member: Member,
    private readonly from: string,
    private readonly logger: EggLogger,
    private readonly listener: PeerLinkListener,
    private readonly sockets: Sockets,
  ) {
    this.outbox = new Outbox({
      onCongested: () => listener.onCongested(this),
      onDrained: () => listener.onDrained(this),
      onStalled: () => this.giveUp(),
    });
  }

  get isCongested(): boolean { return this.outbox.isCongested; }

  /** Bytes that wait for the peer. */
  get queued(): number { return this.outbox.queued; }

  /** Opens it; resolves when it is open, or cannot be opened. */
  async open(): Promise<void> {
    this.since ??= machineClock.now();
    await new Promise<void>(resolve => {
      const req = request({
        createConnection: () => this.sockets.connect(this.member.endpoint),
        headers: { [TAG_HEADER]: this.from, [SEQUENCE_HEADER]: this.sequence, connection: 'Upgrade', upgrade: PEER_PROTOCOL },
      });
      const timer = setTimeout(() => req.destroy(new Error('the peer did not answer')), OPEN_LIMIT);
      const finish = (outcome: () => void) => {
        clearTimeout(timer);
        outcome();
        resolve();
      };
      req.once('upgrade', (res, stream: Duplex, head) => finish(() => this.up(stream, head, res.headers[RECEIVED_HEADER])));
      req.once('response', res => finish(() => this.refused(res)));
      req.once('error', error => finish(() => {
        // A member listens on its endpoint before it becomes a member: if a connection is refused, it is dead.
        if (isRefused(error)) this.lost();
        else this.failed();
      }));
      req.end();
    });
  }

  write(frame: Buffer): void {
    if (this.isGivenUp || this.closed) return;
    this.unconfirmed?.add(frame);
    this.outbox.add(frame);
    if (this.outbox.queued > MAX_QUEUE) this.giveUp();
  }

  /** See {@link Outbox.collect}. */
  collect(): void {
    this.outbox.collect();
  }

  /** See {@link Outbox.flush}. */
  flush(): void {
    this.outbox.flush();
  }

  /** Whether something was not accepted by the system yet. */
  get isBehind(): boolean {
    return !this.stream || this.outbox.queued > 0;
  }

  /** Sends no more; resolves when everything is written. */
  async end(): Promise<void> {
    this.closed = true;
    await this.outbox.end();
  }

  /** Closes it, without waiting for unwritten messages. */
  destroy(): void {
    this.closed = true;
    clearTimeout(this.retry);
    this.stream?.destroy();
    this.outbox.clear();
    this.unconfirmed = undefined;
  }

  private up(stream: Duplex, head: Buffer, received: unknown): void {
    if (this.closed) {
      stream.destroy();
      return;
    }
    clearTimeout(this.retry);
    const { wasBroken, member: { tag, pid } } = this;
    const frames = this.goOn(received);
    if (wasBroken && frames) {
      this.logger.warn('[egg-socketio] the link to worker %s (pid %d) was broken and is open again; nothing was lost.', tag, pid);
    } else if (wasBroken) {
      this.logger.warn('[egg-socketio] the link to worker %s (pid %d) was broken and is open again; messages in transit were lost.', tag, pid);
    }
    this.wasBroken = false;
    this.failures = 0;
    this.since = undefined;
    this.stream = stream;
    stream.on('error', () => stream.destroy());
    stream.on('close', () => {
      if (this.stream !== stream || this.closed) return;
      this.wasBroken = true;
      this.outbox.clear(this.unconfirmed?.pending());
      this.listener.onBroken(this);
      this.reopen();
    });
    this.readConfirmations(stream, head);
    this.outbox.attach(stream, frames);
    if (this.isGivenUp) {
      this.isGivenUp = false;
      this.logger.warn('[egg-socketio] worker %s (pid %d) reads again, and the link to it is open.', tag, pid);
      this.listener.onGivenUp(this);
    }
    this.listener.onUp(this);
  }

  /**
   * Finds out where a link that was just opened goes on.
   *
   * @param received - the peer's count of messages; `undefined` from a peer with an older version
   * @return the messages that are to be sent now; `undefined` if the peer cannot tell what it has got: the outbox then sends what waits
   */
  private goOn(received: unknown): readonly Buffer[] | undefined {
    const { unconfirmed, wasBroken } = this;
    const isFirst = received === UNKNOWN && !wasBroken;
    if (unconfirmed && (isFirst || unconfirmed.confirm(Number(received)))) return unconfirmed.pending();
    // Sent again, a message that has arrived would come twice.
    if (unconfirmed && wasBroken) this.outbox.clear();
    this.unconfirmed = received === UNKNOWN ? new UnconfirmedFrames() : undefined;
    return undefined;
  }

  private readConfirmations(stream: Duplex, head: Buffer): void {
    const reader = new FrameReader(count => {
      if (this.stream === stream && !this.unconfirmed?.confirm(Number(count))) stream.destroy();
    }, CONFIRMATION);
    const read = (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch {
        stream.destroy();
      }
    };
    read(head);
    stream.on('data', read);
  }

  /**
   * A process that ends cuts off the connections that it has not accepted, and the next one is refused. One that lives on has no file
   * descriptors left, or this worker has none: given up at once, it would lose what a broken link has yet to send again.
   */
  private failed(): void {
    if (this.isGivenUp || machineClock.now() - this.since! >= OPEN_LIMIT) {
      this.giveUp();
      return;
    }
    this.retry = setTimeout(() => this.reopen(), Math.min(AT_ONCE * 2 ** this.failures, RETRY));
    this.failures += 1;
  }

  /** The process behind a broken link may still be alive; opening it again shows whether it is. */
  private reopen(): void {
    this.stream = undefined;
    void this.open();
  }

  private refused(res: IncomingMessage): void {
    res.resume();
    const { tag, pid } = this.member;
    if (!this.closed) {
      this.logger.error('[egg-socketio] worker %s (pid %d) refuses a link (status %d): it has loaded another version of egg-socketio than this worker, and does not get its broadcasts. Restart the whole app, including the master.',
        tag, pid, res.statusCode);
    }
    this.lost();
  }

  private lost(): void {
    if (!this.closed) this.listener.onGone(this);
  }

  /** A worker that does not read must not take our memory, nor may anybody wait for it; it gets new messages once it answers. */
  private giveUp(): void {
    if (this.closed) return;
    const { stream, outbox: { queued } } = this;
    this.stream = undefined;
    stream?.destroy();
    this.outbox.clear();
    this.unconfirmed = new UnconfirmedFrames();
    this.sequence = randomUUID();
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.reopen(), RETRY);
    if (this.isGivenUp) return;
    const { tag, pid } = this.member;
    this.logger.error('[egg-socketio] worker %s (pid %d) does not read: %d bytes for it are dropped, and so are further messages, until it answers.',
      tag, pid, queued);
    this.isGivenUp = true;
    this.listener.onGivenUp(this);
  }
}
