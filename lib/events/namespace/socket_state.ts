import type { Socket } from 'socket.io';
import type { SocketContext } from '../../context/socket_context';
import { CONNECTION, type Leaving } from '../../internals/socket_io';

/** Events that wait for the connection handlers, and their approximate size in bytes. */
interface EarlyEvents {
  readonly run: (() => void)[];
  bytes: number;
}

const DROPPED: EarlyEvents = { run: [], bytes: 0 };

/**
 * The plugin's state for one socket. Until the connection handlers have finished, events wait here in order, and the disconnect handlers
 * behind them.
 */
export class SocketState {
  /** Set when it begins to leave, if there are handlers for clients that are gone for good. */
  leaving: Leaving | undefined;
  /** The context of the connect, from the first middleware to the last connection handler. */
  connectContext: SocketContext | undefined;
  private isOpen = false;
  private events: EarlyEvents | undefined;
  private tasks: (() => void)[] | undefined;

  /** Whether the connection handlers have finished. */
  get open(): boolean {
    return this.isOpen;
  }

  /** The approximate size of the waiting events in bytes. */
  get waitingBytes(): number {
    return this.events?.bytes ?? 0;
  }

  /** Runs `task` now, or when the connection handlers have finished: after all events, and also if those are dropped. */
  whenOpen(task: () => void): void {
    if (this.isOpen) task();
    else (this.tasks ??= []).push(task);
  }

  /**
   * Lets an event wait for the connection handlers.
   *
   * @param bytes - the approximate memory that it takes
   */
  hold(run: () => void, bytes: number): void {
    if (this.events === DROPPED) return;
    const events = this.events ??= { run: [], bytes: 0 };
    events.run.push(run);
    events.bytes += bytes;
  }

  /** Neither waiting nor later events run: the server has rejected this client. */
  dropEvents(): void {
    this.events = DROPPED;
  }

  /** The connection handlers have finished: the waiting events run now. */
  markOpen(): void {
    const { events, tasks } = this;
    this.isOpen = true;
    this.connectContext = undefined;
    for (const run of events?.run ?? []) {
      // The previous one may have disconnected the client.
      if (this.events === DROPPED) break;
      run();
    }
    this.events = undefined;
    this.tasks = undefined;
    tasks?.forEach(task => task());
  }
}

/**
 * Returns the connection of a socket, and creates it at the first call, which for a recovered socket is after its middleware was skipped.
 */
export function socketStateOf(socket: Socket): SocketState {
  const holder = socket as { [CONNECTION]?: SocketState };
  return holder[CONNECTION] ??= new SocketState();
}
