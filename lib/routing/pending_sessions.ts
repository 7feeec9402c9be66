import type { IncomingMessage } from 'node:http';
import type { ServerOptions, Socket as EngineSocket } from 'engine.io';
import { CollectedData, replay } from './collected_data';
import { describeHandshake, type Handshake } from './moved_request';

/**
 * A client's WebSocket needs a few more round trips than its first poll. So the window of a client that is far away, or on a busy
 * machine, is this many times as long as its first request took after the handshake.
 */
const ROUND_TRIPS = 3;
/** The window is counted in this many parts: a process that was stopped for a while must first read what has arrived in the meantime. */
const PARTS = 4;

/** The engine with the sessions. */
interface Engine {
  readonly opts: Pick<ServerOptions, 'upgradeTimeout'>;
  upgrades(transport: 'polling'): readonly string[];
  /** Creates the Socket.IO client of a session. */
  handOver(session: EngineSocket): void;
}

/** The parts that are not in Engine.IO's types. */
interface PollingTransport {
  name: string;
  writable: boolean;
  send(packets: { type: string }[]): void;
  on(event: 'ready', listener: () => void): void;
  once(event: 'ready', listener: () => void): void;
  off(event: 'ready', listener: () => void): void;
}
interface SessionInternals {
  readonly id: string;
  readonly protocol: number;
  readonly request: IncomingMessage;
  readonly upgrading: boolean;
}

/** A session in the form in which it is sent. */
export interface Movable {
  readonly handshake: Handshake;
  /** Engine.IO's, 3 or 4. */
  readonly protocol: number;
}

interface HeldSession extends Movable {
  readonly session: EngineSocket;
  /** The data that has arrived. */
  readonly data: CollectedData;
  timer: NodeJS.Timeout;
  stopReleasingPolls: (() => void) | undefined;
  /** Set while a sibling is about to take the session: tells it that the session is no longer available. */
  withdraw: (() => void) | undefined;
}

/** Whether a client's WebSocket has come to the worker of its session, and its upgrade has begun. */
function isUpgrading(session: EngineSocket): boolean {
  return (session as unknown as SessionInternals).upgrading;
}

/** Waits until the upgrade of a session begins, or the session ends; at most for some milliseconds. */
async function upgradeOf(session: EngineSocket, most: number): Promise<void> {
  await new Promise<void>(resolve => {
    const stop = () => {
      clearTimeout(timer);
      session.off('upgrading', stop).off('close', stop);
      resolve();
    };
    const timer = setTimeout(stop, most);
    session.on('upgrading', stop).on('close', stop);
  });
}

/** Answers the open poll of a session with a noop, if there is one. */
export function releasePoll(session: EngineSocket): void {
  const transport = session.transport as unknown as PollingTransport;
  if (transport.name === 'polling' && transport.writable) transport.send([{ type: 'noop' }]);
}

/**
 * Answers the open poll of a session, and each following one, with a noop, so that its client can switch to its WebSocket without waiting
 * for data. Engine.IO only does so every 100 ms.
 *
 * @return stops it
 */
function releasePolls(session: EngineSocket): () => void {
  const transport = session.transport as unknown as PollingTransport;
  if (transport.name !== 'polling') return () => undefined;
  const release = () => releasePoll(session);
  transport.on('ready', release);
  release();
  return () => transport.off('ready', release);
}

/**
 * Sessions that began with polling and that Socket.IO does not have yet: they wait until the client has upgraded or a short time is over,
 * because a session without a user can still move to the worker that its client's WebSocket reaches.
 */
export class PendingSessions {
  private readonly held = new Map<string, HeldSession>();
  /** Those whose window is over without any sign of a WebSocket. */
  private readonly waitedInVain = new WeakSet<EngineSocket>();
  /** Those that did not wait, because their clients have sent that they only poll. */
  private readonly believed = new WeakSet<EngineSocket>();
  private readonly upgradeTimeout: number;

  /**
   * @param engine - its `upgradeTimeout` is the most that an upgrade is waited for
   * @param window - milliseconds that a session is held at least, from its client's first request after the handshake
   * @param worthwhile - whether there is a sibling that a session could move to
   * @param isOfPollingClient - whether a packet shows that its client only polls, so that waiting for its WebSocket makes no sense
   */
  constructor(
    private readonly engine: Engine, private readonly window: number, private readonly worthwhile: () => boolean,
    private readonly isOfPollingClient: (packet: unknown) => boolean = () => false,
  ) {
    this.upgradeTimeout = engine.opts.upgradeTimeout!;
  }

  /** Keeps a new session if it may move; otherwise Socket.IO gets it at once. */
  begin(session: EngineSocket): void {
    const mayMove = session.transport.name === 'polling' && this.engine.upgrades('polling').length > 0 && this.worthwhile();
    const { request, protocol } = session as unknown as SessionInternals;
    const handshake = mayMove && this.window > 0 ? describeHandshake(request) : undefined;
    if (handshake) this.hold(session, { handshake, protocol });
    else this.engine.handOver(session);
  }

  /**
   * Whether a client only polls: its session has waited in vain for a WebSocket, and still polls. A session that was released because of
   * what its client has sent waits now; otherwise, a client whose WebSocket was late once would count as a polling one for ever. One that
   * did not have to wait tells nothing, such as that of a worker without siblings.
   */
  async onlyPolls(session: EngineSocket): Promise<boolean> {
    const { believed, waitedInVain } = this;
    if (believed.has(session) && !waitedInVain.has(session)) {
      await upgradeOf(session, this.window);
      waitedInVain.add(session);
    }
    return waitedInVain.has(session) && session.transport.name === 'polling' && !isUpgrading(session);
  }

  /**
   * Keeps a session for a sibling that wants to take it: for as long as an upgrade may take, and as long as its client does not send more
   * than can be handed over.
   *
   * @param withdraw - called if the session becomes unavailable before it was taken or given back
   * @return `undefined` if it cannot be taken: Socket.IO has it, or its client upgrades here
   */
  reserve(sid: string, withdraw: () => void): Movable | undefined {
    const held = this.held.get(sid);
    if (!held || held.withdraw || isUpgrading(held.session)) return undefined;
    held.withdraw = withdraw;
    clearTimeout(held.timer);
    held.timer = setTimeout(() => this.release(held), this.upgradeTimeout);
    const { handshake, protocol } = held;
    return { handshake, protocol };
  }

  /** The sibling's client has proved that its WebSocket works: its polls must end. */
  releasePolls(sid: string): void {
    const held = this.held.get(sid);
    if (held?.withdraw) held.stopReleasingPolls ??= releasePolls(held.session);
  }

  /** The sibling does not take the session after all. */
  giveBack(sid: string): void {
    const held = this.held.get(sid);
    if (!held?.withdraw) return;
    held.withdraw = undefined;
    this.release(held);
  }

  /**
   * Hands a reserved session over: it ends here without Socket.IO ever having had it.
   *
   * @return the data that its client has sent, or `undefined` if it is no longer reserved
   */
  take(sid: string): readonly unknown[] | undefined {
    const held = this.held.get(sid);
    if (!held?.withdraw) return undefined;
    held.withdraw = undefined;
    this.forget(held);
    held.session.close(true);
    return held.data.received;
  }

  private hold(session: EngineSocket, movable: Movable): void {
    const began = Date.now();
    const transport = session.transport as unknown as PollingTransport;
    // Nothing waits for a client that has not sent another request yet; it may never do so.
    const timer = setTimeout(() => this.release(held), Math.max(this.window, this.upgradeTimeout));
    const data = new CollectedData(session, () => this.release(held), packet => {
      if (held.withdraw || isUpgrading(session) || !this.isOfPollingClient(packet)) return;
      this.believed.add(session);
      this.release(held);
    });
    const held: HeldSession = { ...movable, session, data, timer, stopReleasingPolls: undefined, withdraw: undefined };
    const open = () => {
      transport.off('ready', open);
      session.off('packet', open);
      if (!held.withdraw) this.openWindow(held, Date.now() - began);
    };
    transport.once('ready', open);
    session.once('packet', open);
    this.held.set((session as unknown as SessionInternals).id, held);
    session.once('upgrading', () => { held.stopReleasingPolls ??= releasePolls(session); });
    session.once('upgrade', () => this.release(held));
    session.once('close', () => this.forget(held));
  }

  /** @param delay - milliseconds from the handshake to the client's next request */
  private openWindow(held: HeldSession, delay: number): void {
    if (!this.isHeld(held)) return;
    clearTimeout(held.timer);
    const length = Math.max(this.window, Math.min(ROUND_TRIPS * delay, this.upgradeTimeout));
    let parts = PARTS;
    held.timer = setTimeout(() => {
      parts -= 1;
      if (parts > 0) {
        held.timer.refresh();
        return;
      }
      this.waitedInVain.add(held.session);
      this.release(held);
    }, length / PARTS);
  }

  /** Passes the session to Socket.IO, here. */
  private release(held: HeldSession): void {
    const { session, data } = held;
    if (!this.forget(held)) return;
    this.engine.handOver(session);
    replay(session, data.received);
  }

  private forget(held: HeldSession): boolean {
    clearTimeout(held.timer);
    held.data.stop();
    held.stopReleasingPolls?.();
    held.withdraw?.();
    held.withdraw = undefined;
    return this.isHeld(held) && this.held.delete((held.session as unknown as SessionInternals).id);
  }

  private isHeld(held: HeldSession): boolean {
    return this.held.get((held.session as unknown as SessionInternals).id) === held;
  }
}
