import { encodeFrame, FrameReader } from '../../../lib/cluster/frames';
import type { PeerListener, PeerPort } from '../../../lib/cluster/port';

interface Frame {
  readonly bytes: Buffer;
  /** Whether the system has it: then it is delivered, whatever happens to its sender. */
  isAccepted: boolean;
}

interface Wire {
  readonly from: SimulatedPort;
  readonly to: SimulatedPort;
  readonly frames: Frame[];
  /** The system accepts nothing: the other does not read. */
  isStalled: boolean;
  isUp: boolean;
}

function decode(bytes: Buffer): unknown {
  let decoded: unknown;
  new FrameReader(message => { decoded = message; }).push(bytes);
  return decoded;
}

/** A worker's end of the {@link SimulatedNetwork}. */
export class SimulatedPort implements PeerPort {
  readonly listeners = new Set<PeerListener>();
  isAlive = true;
  /** Whether messages wait for {@link flush}, and not only for the end of the turn. */
  isCollecting = false;

  constructor(readonly tag: string, private readonly network: SimulatedNetwork) {}

  peers(): readonly string[] { return this.network.peersOf(this); }
  send(to: string, message: unknown): void { this.network.put(this, to, encodeFrame(message)); }
  broadcast(message: unknown): void {
    const bytes = encodeFrame(message);
    for (const peer of this.peers()) this.network.put(this, peer, bytes);
  }

  drained(): undefined { return undefined; }
  collect(): void { this.isCollecting = true; }
  flush(): void {
    this.isCollecting = false;
    if (this.isAlive) this.network.accept(this);
  }
  // A process that was killed does not look any more whether it is.
  isBehind(to: string): boolean { return !this.isAlive || this.network.isBehind(this, to); }
  listen(listener: PeerListener): () => void {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }
}

/** Links between workers whose messages arrive when the simulation wants it, in the order of each link. */
export class SimulatedNetwork {
  private readonly ports = new Map<string, SimulatedPort>();
  private readonly wires: Wire[] = [];

  join(tag: string): SimulatedPort {
    const port = new SimulatedPort(tag, this);
    for (const other of this.ports.values()) {
      if (!other.isAlive) continue;
      for (const [ from, to ] of [[ port, other ], [ other, port ]]) {
        this.wires.push({ from, to, frames: [], isStalled: false, isUp: true });
      }
    }
    this.ports.set(tag, port);
    return port;
  }

  /** Tells the others that a worker has come; call it when it listens. */
  announce(port: SimulatedPort): void {
    for (const { from, to } of this.wires) {
      if (from === port) for (const listener of from.listeners) listener.onUp?.(to.tag);
      if (to === port && from.isAlive) for (const listener of from.listeners) listener.onUp?.(to.tag);
    }
  }

  peersOf(port: SimulatedPort): readonly string[] {
    return port.isAlive ? this.wires.filter(({ from, isUp }) => from === port && isUp).map(({ to }) => to.tag) : [];
  }

  put(port: SimulatedPort, to: string, bytes: Buffer): void {
    const wire = this.wires.find(each => each.from === port && each.to.tag === to && each.isUp);
    if (!wire || !port.isAlive) return;
    wire.frames.push({ bytes, isAccepted: false });
    // As with a corked stream.
    process.nextTick(() => {
      if (!port.isCollecting) port.flush();
    });
  }

  accept(port: SimulatedPort): void {
    for (const wire of this.wires) {
      if (wire.from === port && !wire.isStalled) for (const frame of wire.frames) frame.isAccepted = true;
    }
  }

  isBehind(port: SimulatedPort, to: string): boolean {
    const wire = this.wires.find(each => each.from === port && each.to.tag === to && each.isUp);
    return !wire || wire.frames.some(({ isAccepted }) => !isAccepted);
  }

  /** The links that have something to deliver. */
  get ready(): readonly Wire[] {
    return this.wires.filter(({ frames, from, to, isStalled, isUp }) => {
      const isEnded = !from.isAlive && frames.length === 0;
      return isUp && !isStalled && to.isAlive && (isEnded || frames[0]?.isAccepted);
    });
  }

  /** Delivers the next message of a link, or that its other end is gone. */
  deliver(wire: Wire): void {
    const frame = wire.frames.shift();
    const { from: { tag }, to: { listeners } } = wire;
    if (frame) {
      const message = decode(frame.bytes);
      for (const listener of listeners) listener.onMessage(tag, message);
      return;
    }
    wire.isUp = false;
    const back = this.wires.find(each => each.from === wire.to && each.to === wire.from);
    if (back) back.isUp = false;
    for (const listener of listeners) listener.onLeft?.(tag);
    for (const listener of listeners) listener.onDown(tag);
  }

  /** Stalls the links to a worker that live, or lets them go on. */
  stall(port: SimulatedPort, isStalled: boolean): void {
    for (const wire of this.wires) {
      if (wire.to !== port) continue;
      wire.isStalled = isStalled;
      if (!isStalled && wire.from.isAlive) this.accept(wire.from);
    }
  }

  isStalled(port: SimulatedPort): boolean {
    return this.wires.some(({ to, isStalled }) => to === port && isStalled);
  }

  /** Whether the system accepts what a worker sends to all others. */
  accepts(port: SimulatedPort): boolean {
    return this.wires.every(({ from, isStalled, isUp }) => from !== port || !isUp || !isStalled);
  }

  /** Whether everything that a worker has sent is accepted. */
  hasAccepted(port: SimulatedPort): boolean {
    return this.wires.every(({ from, frames, isUp }) => from !== port || !isUp || frames.every(({ isAccepted }) => isAccepted));
  }

  /** Ends a worker as `kill -9` does: what the system has not accepted is lost. */
  kill(port: SimulatedPort): void {
    port.isAlive = false;
    for (const wire of this.wires) {
      if (wire.from !== port) continue;
      const lost = wire.frames.findIndex(({ isAccepted }) => !isAccepted);
      if (lost >= 0) wire.frames.splice(lost);
    }
  }
}
