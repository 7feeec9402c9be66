import { encodeFrame, FrameReader } from '../../lib/cluster/frames';
import type { PeerListener, PeerPort } from '../../lib/cluster/port';
import { createTag } from '../../lib/cluster/rendezvous';

/** A message on its way, or one that was sent. */
export interface Sent {
  readonly from: string;
  readonly to: string;
  readonly message: unknown;
}

interface Wire {
  readonly frames: { frame: Buffer; deliver: (message: unknown) => void }[];
  held: boolean;
  /** Something was lost on it. */
  broken: boolean;
}

/** What a message looks like to the one who gets it. */
function decode(frame: Buffer): unknown {
  let decoded: unknown;
  new FrameReader(message => { decoded = message; }).push(frame);
  return decoded;
}

/** A worker's end of a {@link MemoryNetwork}. */
export class MemoryPort implements PeerPort {
  readonly listeners = new Set<PeerListener>();

  constructor(readonly tag: string, private readonly network: MemoryNetwork) {}

  peers(): readonly string[] {
    return this.network.peersOf(this.tag);
  }

  send(to: string, message: unknown): void {
    this.network.carry(this.tag, to, encodeFrame(message));
  }

  broadcast(message: unknown): void {
    const frame = encodeFrame(message);
    for (const peer of this.peers()) this.network.carry(this.tag, peer, frame);
  }

  drained(): undefined {
    // What is on its way here takes no memory that could run out.
    return undefined;
  }

  collect(): void {
    // Everything is on its way at once.
  }

  flush(): void {
    // Everything is on its way at once.
  }

  isBehind(to: string): boolean {
    return this.network.isHeld(this.tag, to);
  }

  listen(listener: PeerListener): () => void {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }
}

/**
 * Workers that reach each other within one process. What they send is encoded and decoded as on real links, comes later,
 * and keeps the order of its sender.
 */
export class MemoryNetwork {
  /** All that was sent so far, decoded. */
  readonly sent: Sent[] = [];
  private readonly ports = new Map<string, MemoryPort>();
  private readonly wires = new Map<string, Wire>();
  private readonly waiting: { matches: (sent: Sent) => boolean; resolve: (sent: Sent) => void }[] = [];

  join(tag = createTag()): MemoryPort {
    const port = new MemoryPort(tag, this);
    for (const [ other, { listeners }] of this.ports) {
      this.put(other, tag, Buffer.alloc(0), () => port.listeners.forEach(listener => listener.onUp?.(other)));
      this.put(tag, other, Buffer.alloc(0), () => listeners.forEach(listener => listener.onUp?.(tag)));
    }
    this.ports.set(tag, port);
    return port;
  }

  peersOf(tag: string): readonly string[] {
    return this.ports.has(tag) ? [ ...this.ports.keys() ].filter(other => other !== tag) : [];
  }

  /** Ends a worker as `kill -9` does: what it has sent arrives, then the others hear that it is gone. */
  kill(tag: string): void {
    this.ports.delete(tag);
    for (const [ other, { listeners }] of this.ports) {
      this.put(tag, other, Buffer.alloc(0), () => {
        for (const listener of listeners) listener.onLeft?.(tag);
        for (const listener of listeners) listener.onDown(tag);
      });
    }
  }

  /** Why messages were refused. */
  readonly refused: Error[] = [];

  /** Whether what one worker sends to another is held back, or was lost. */
  isHeld(from: string, to: string): boolean {
    const { held, broken } = this.wire(from, to);
    return held || broken;
  }

  /** Loses what was held back between two workers, as when the system had not accepted it, and lets the rest go. */
  lose(from: string, to: string): void {
    const wire = this.wire(from, to);
    wire.frames.splice(0);
    wire.held = false;
    wire.broken = true;
  }

  /**
   * Breaks the link from one worker to another, and loses what is on it.
   *
   * @return opens it again
   */
  cut(from: string, to: string): () => void {
    const wire = this.wire(from, to);
    wire.frames.splice(0);
    wire.broken = true;
    const tell = (event: 'onBroken' | 'onUp') => this.ports.get(from)!.listeners.forEach(listener => listener[event]?.(to));
    tell('onBroken');
    return () => {
      wire.broken = false;
      tell('onUp');
    };
  }

  /**
   * Holds back what one worker sends to another.
   *
   * @return lets it go, and all that follows
   */
  hold(from: string, to: string): () => void {
    const wire = this.wire(from, to);
    wire.held = true;
    return () => {
      wire.held = false;
      this.flush(wire);
    };
  }

  /** The next message that somebody sends and that matches. */
  async next(matches: (sent: Sent) => boolean): Promise<Sent> {
    return new Promise(resolve => { this.waiting.push({ matches, resolve }); });
  }

  carry(from: string, to: string, frame: Buffer): void {
    if (!this.ports.has(from) || !this.ports.has(to)) return;
    const sent = { from, to, message: decode(frame) };
    this.sent.push(sent);
    const waits = this.waiting.findIndex(({ matches }) => matches(sent));
    if (waits >= 0) this.waiting.splice(waits, 1)[0].resolve(sent);
    this.put(from, to, frame, message => {
      for (const listener of this.ports.get(to)?.listeners ?? []) {
        try {
          listener.onMessage(from, message);
        } catch (error) {
          // As a link does: it reports the message, and goes on.
          this.refused.push(error as Error);
        }
      }
    });
  }

  private put(from: string, to: string, frame: Buffer, deliver: (message: unknown) => void): void {
    const wire = this.wire(from, to);
    wire.frames.push({ frame, deliver });
    setImmediate(() => this.flush(wire));
  }

  private flush(wire: Wire): void {
    while (!wire.held && wire.frames.length > 0) {
      const { frame, deliver } = wire.frames.shift()!;
      deliver(frame.length > 0 ? decode(frame) : undefined);
    }
  }

  private wire(from: string, to: string): Wire {
    const name = `${from}>${to}`;
    const wire = this.wires.get(name) ?? { frames: [], held: false, broken: false };
    this.wires.set(name, wire);
    return wire;
  }
}

/** The agent's way to the workers, given what takes its messages in each. */
export function memoryAgent(receivers: readonly ((message: unknown) => void)[]): { broadcast(message: unknown): void } {
  return {
    broadcast(message) {
      const frame = encodeFrame(message);
      setImmediate(() => receivers.forEach(receive => receive(decode(frame))));
    },
  };
}
