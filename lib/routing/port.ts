import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The endpoints of the workers of a cluster. */
export interface Siblings {
  /** This worker's own tag. */
  readonly tag: string;
  /** The Unix-domain socket or named pipe of the worker with a tag, whether or not it lives. */
  endpointOf(tag: string): string;
}

/** Answers requests and upgrades only with the sessions of this worker. */
export interface LocalSessions {
  request(req: IncomingMessage, res: ServerResponse): void;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** The part of a logger that this room needs. */
export interface StickyLogger {
  warn(message: string, ...args: unknown[]): void;
}

/** Tracks sessions that have left the worker whose tag their ids carry. */
export interface MovingSessions {
  /** The tag of the worker that a session of this one has moved to. */
  whereTo(sid: string): string | undefined;
  /**
   * Takes the session of an upgrade from its owner.
   *
   * @return whether the upgrade is handled; if not, nothing of it has been read
   */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, sid: string, owner: string): Promise<boolean>;
}
