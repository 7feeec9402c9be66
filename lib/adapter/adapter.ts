import type { Adapter } from 'socket.io-adapter';
import type { PeerPort } from '../cluster/port';
import type { Namespace } from '../internals/socket_io';
import type { WriteOrder } from '../internals/write_order';
import { EmbeddedAdapter } from './embedded_adapter';
import { AdapterHub } from './hub';
import type { OwnSession } from './recovery/client_path';
import type { RecoveryFigures } from './recovery/store';
import type { ReplicationOptions } from './replicas/replication';
import type { RestartOptions } from './restart/state_folder';
import type { LeftSessions } from './session_exchange';

/** An adapter class for Socket.IO. */
export type EmbeddedAdapterClass = typeof Adapter & {
  /** Handles a message of `agent.io`. */
  receiveFromAgent(message: unknown): void;
  /** The state kept for clients that may reconnect. */
  readonly recovery: RecoveryFigures;
  /** The copies that this worker keeps of the sessions of others; `undefined` without replicas. */
  readonly copies: { readonly sessions: number; readonly bytes: number } | undefined;
  /** Of writes to clients and to siblings; `undefined` without replicas. */
  readonly order: WriteOrder | undefined;
  /** Calls `listener` with each session that no client can come back to any more; it must not throw. */
  onExpired(listener: (nsp: string, session: OwnSession) => void): void;
  /** Drops state that they can no longer ask for, as happens every few seconds. */
  sweep(): void;
  /** Call it when the worker begins to stop: it is then given no more sessions. `deadline` is as of `Date.now()`. */
  retire(deadline?: number): void;
  /** Keeps sessions beyond the end of all workers; call it before a namespace exists, and {@link load} before clients are accepted. */
  keepBeyondStop(options: RestartOptions): void;
  /** Restores the sessions of the last stop, if they were kept. */
  load(): Promise<void>;
};

function throwLater(error: unknown): void {
  process.nextTick(() => { throw error; });
}

/**
 * Creates the adapter class of one worker. All namespaces share the port.
 *
 * @param peers - the channel to the other workers
 * @param onError - gets errors of the app's own listeners for a message of another worker; such an error
 *   must not reach the link. Default: it is thrown later, as an uncaught exception
 * @param warn - gets a line for the log. Default: it is written to the console
 * @param onLeft - is called with the result for the sessions of a closing worker. Default: none
 * @param replicas - how sessions are copied to siblings. Default: not at all
 */
export function createEmbeddedAdapter(
  peers: PeerPort, onError: (error: unknown) => void = throwLater, warn: (line: string) => void = console.warn,
  onLeft?: (left: LeftSessions) => void, replicas?: ReplicationOptions,
): EmbeddedAdapterClass {
  const hub = new AdapterHub(peers, onError, warn, onLeft, replicas);
  return class extends EmbeddedAdapter {
    static get recovery(): RecoveryFigures {
      return hub.recoveries.figures;
    }

    static get copies(): EmbeddedAdapterClass['copies'] {
      return hub.replication?.size;
    }

    static get order(): WriteOrder | undefined {
      return hub.replication?.order;
    }

    static onExpired(listener: (nsp: string, session: OwnSession) => void): void {
      hub.onExpired = listener;
    }

    static sweep(): void {
      hub.recoveries.sweep();
    }

    static retire(deadline?: number): void {
      hub.retire(deadline);
    }

    static keepBeyondStop(options: RestartOptions): void {
      hub.keepBeyondStop(options);
    }

    static async load(): Promise<void> {
      await hub.restart?.load();
    }

    static receiveFromAgent(message: unknown): void {
      hub.receive(message);
    }

    constructor(nsp: Namespace) {
      super(nsp, hub);
    }
  };
}
