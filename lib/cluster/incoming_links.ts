import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { EggLogger } from 'egg';
import { debugOf } from '../base/debug';
import { printable } from '../base/printable';
import { encodeFrame, FrameReader } from './frames';
import { PEER_PROTOCOL, RECEIVED_HEADER, SEQUENCE_HEADER, TAG_HEADER, UNKNOWN } from './peer_link';
import { isTag } from './rendezvous';

const debug = debugOf('cluster');

const LONGEST_TAG = 64;
/** Links that are open at a time; more than an app has workers. */
const MOST = 1024;
/** Bytes that are read from a link before its sender is told what has arrived: it keeps that much, to send it again. */
const CONFIRM_EACH = 64 * 1024;

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

/** Is notified about messages. */
export interface IncomingListener {
  onMessage(from: string, message: unknown): void;
  /** Whether a worker is still one of the others: its count is kept until its next link. */
  isMember(tag: string): boolean;
}

/** The links that the other workers have opened to this one. Its responses and confirmations tell each sender what has arrived. */
export class IncomingLinks {
  /** The tags of their workers. */
  private readonly links = new Map<Duplex, string>();
  /** By the tag of a worker: the messages that it sends here, and how many have arrived. */
  private readonly received = new Map<string, Received>();
  private isClosing = false;
  private explained = false;

  constructor(private readonly logger: EggLogger, private readonly listener: IncomingListener) {}

  get size(): number { return this.links.size; }

  /** Accepts a link that another worker opens on our private endpoint. */
  accept(req: IncomingMessage, stream: Duplex): void {
    const from = String(req.headers[TAG_HEADER]);
    stream.on('error', () => stream.destroy());
    if (this.isClosing) {
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
    this.linkOf(from)?.destroy();
    const known = this.received.get(from);
    const sequence = req.headers[SEQUENCE_HEADER] as string | undefined;
    const received = known && known.sequence === sequence ? known : { sequence, count: 0 };
    this.received.set(from, received);
    const header = sequence === undefined ? '' : `${RECEIVED_HEADER}: ${received === known ? known.count : UNKNOWN}\r\n`;
    stream.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${PEER_PROTOCOL}\r\n${header}\r\n`);
    this.links.set(stream, from);
    debug('the link from worker %s is open', from);
    this.read(stream, from, received);
    // A connection of an HTTP server stays open until the server has written everything.
    stream.on('end', () => stream.destroy());
    stream.on('close', () => {
      this.links.delete(stream);
      if (!this.listener.isMember(from) && !this.linkOf(from)) this.received.delete(from);
      debug('the link from worker %s is closed', from);
    });
  }

  /** A worker is gone: if it opens a link again, its messages are counted from the beginning. */
  forget(tag: string): void {
    this.received.delete(tag);
  }

  /** Calls back once all is read that a worker has sent: at once if it has no link. */
  onceRead(tag: string, done: () => void): void {
    const link = this.linkOf(tag);
    if (link) link.once('close', done);
    else done();
  }

  /** Accepts no more; those that are open stay until {@link destroy}. */
  close(): void {
    this.isClosing = true;
  }

  destroy(): void {
    for (const stream of this.links.keys()) stream.destroy();
  }

  /** The last one of a worker: an earlier one was destroyed, and may not have closed yet. */
  private linkOf(tag: string): Duplex | undefined {
    let last: Duplex | undefined;
    for (const [ stream, from ] of this.links) if (from === tag) last = stream;
    return last;
  }

  private read(stream: Duplex, from: string, received: Received): void {
    const { sequence, count } = received;
    const reader = new FrameReader(message => this.listener.onMessage(from, message));
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
    return this.links.size < MOST ? undefined : `there are ${MOST} links already`;
  }

  /** A process that can write to the private endpoint must not be able to fill the log. */
  private explain(from: string, problem: string): void {
    if (this.explained) return;
    this.explained = true;
    this.logger.error('[egg-socketio] closed the link from worker %s: %s; further cases are not logged.', printable(from.slice(0, LONGEST_TAG)), printable(problem));
  }
}
