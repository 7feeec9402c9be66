import type { Server as Engine, Socket as EngineSocket } from 'engine.io';

/** Bytes that a client may send before its session is handed over; then it is handed over at once. */
const MOST_HELD = 1_000_000;

/** Makes the Socket.IO client of an engine session. */
export type HandOver = (session: EngineSocket) => void;

/** What Engine.IO's types keep to themselves. */
interface PollingTransport {
  name: string;
  writable: boolean;
  send(packets: { type: string }[]): void;
  on(event: 'ready', listener: () => void): void;
  off(event: 'ready', listener: () => void): void;
}

interface HeldSession {
  readonly session: EngineSocket;
  /** The data that has arrived. */
  readonly received: unknown[];
  readonly stopReceiving: () => void;
  timer: NodeJS.Timeout;
  stopReleasingPolls: (() => void) | undefined;
  /** Whether a sibling is about to take the session. */
  reserved: boolean;
}

/** Emits, as data of a session's, what it has received before anybody listened. */
export function replay(session: EngineSocket, received: readonly unknown[]): void {
  for (const data of received) session.emit('data', data);
}

/** Keeps the data of a session that nobody listens to yet. */
export function collectData(session: EngineSocket): { received: unknown[]; stop: () => void } {
  const received: unknown[] = [];
  const collect = (data: unknown) => { received.push(data); };
  session.on('data', collect);
  return { received, stop: () => { session.off('data', collect); } };
}

/** Answers the open poll of a session with a noop, if there is one. */
export function releasePoll(session: EngineSocket): void {
  const transport = session.transport as unknown as PollingTransport;
  if (transport.name === 'polling' && transport.writable) transport.send([{ type: 'noop' }]);
}

/**
 * Answers the open poll of a session, and each that follows, with a noop, so that its client can go over to its
 * WebSocket without waiting for data. Engine.IO does so only every 100 ms.
 *
 * @return stops it
 */
export function releasePolls(session: EngineSocket): () => void {
  const transport = session.transport as unknown as PollingTransport;
  if (transport.name !== 'polling') return () => undefined;
  const release = () => releasePoll(session);
  transport.on('ready', release);
  release();
  return () => transport.off('ready', release);
}

/**
 * Sessions that began with polling and that Socket.IO does not know of yet: they wait until the client has upgraded
 * or a short time is over, because a session that nobody uses yet can still move to the worker that its client's
 * WebSocket has come to.
 */
export class HeldSessions {
  private readonly held = new Map<string, HeldSession>();

  /**
   * @param engine - Socket.IO must be attached to it already
   * @param window - milliseconds that a session is held at most
   * @param worthwhile - whether there is a sibling that a session could move to
   */
  constructor(engine: Engine, private readonly window: number, private readonly worthwhile: () => boolean) {
    const [ listener ] = engine.listeners('connection') as HandOver[];
    this.handOver = session => listener(session);
    engine.removeListener('connection', listener);
    engine.on('connection', (session: EngineSocket) => {
      if (session.transport.name === 'polling' && engine.upgrades('polling').length > 0 && this.worthwhile()) this.hold(session);
      else this.handOver(session);
    });
  }

  /** Makes the Socket.IO client of a session. */
  readonly handOver: HandOver;

  /**
   * Keeps a session for a sibling that wants to take it.
   *
   * @return whether it can be taken; if not, Socket.IO has it, or its client upgrades here
   */
  reserve(sid: string): boolean {
    const held = this.held.get(sid);
    if (!held || held.reserved || held.session.upgrading) return false;
    clearTimeout(held.timer);
    held.reserved = true;
    return true;
  }

  /** The sibling's client has proved that its WebSocket works: its polls are to end. */
  releasePolls(sid: string): void {
    const held = this.held.get(sid);
    if (held?.reserved) held.stopReleasingPolls ??= releasePolls(held.session);
  }

  /** The sibling does not take the session after all. */
  giveBack(sid: string): void {
    const held = this.held.get(sid);
    if (held?.reserved) this.release(held);
  }

  /**
   * Gives a reserved session away: it ends here without Socket.IO ever having heard of it.
   *
   * @return the data that its client has sent, or `undefined` if it has closed meanwhile
   */
  take(sid: string): unknown[] | undefined {
    const held = this.held.get(sid);
    if (!held?.reserved) return undefined;
    this.forget(held);
    held.session.close(true);
    return held.received;
  }

  private hold(session: EngineSocket): void {
    const { received, stop } = collectData(session);
    const timer = setTimeout(() => this.release(held), this.window);
    const held: HeldSession = { session, received, stopReceiving: stop, timer, stopReleasingPolls: undefined, reserved: false };
    const { id } = session as unknown as { id: string };
    this.held.set(id, held);
    let bytes = 0;
    session.on('data', (data: string | Buffer | undefined) => {
      // Of an Engine.IO message without anything in it, there is no data.
      bytes += data?.length ?? 0;
      if (bytes > MOST_HELD && !held.reserved) this.release(held);
    });
    session.once('upgrading', () => { held.stopReleasingPolls ??= releasePolls(session); });
    session.once('upgrade', () => this.release(held));
    session.once('close', () => this.forget(held));
  }

  /** Hands the session over to Socket.IO, here. */
  private release(held: HeldSession): void {
    const { session, received } = held;
    if (!this.forget(held)) return;
    this.handOver(session);
    replay(session, received);
  }

  private forget(held: HeldSession): boolean {
    clearTimeout(held.timer);
    held.stopReceiving();
    held.stopReleasingPolls?.();
    return this.held.delete((held.session as unknown as { id: string }).id);
  }
}
