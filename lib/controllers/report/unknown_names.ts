import type { EggLogger } from 'egg';
import type { Socket } from 'socket.io';
import type { NamespacePlan } from '../plan/types';
import type { Application } from '../../types/application';
import { unknownEvent, unknownNamespace } from './known_names';

/** The number of names that are logged in the life of a worker: clients can make up any number. */
const MOST_NAMES = 100;

/**
 * Helps client developers: logs each unknown event and namespace, once per name. Without an ack, nothing else reports such an event. Only
 * for an app in development, because clients could fill the log.
 */
export class UnknownNames {
  private readonly logged = new Set<string>();

  constructor(private readonly io: Application, private readonly logger: EggLogger) {}

  /** Called when an event has no handler, and its sender gets no error. */
  event(plan: Pick<NamespacePlan, 'target' | 'messages' | 'patterns'>, socket: Socket, event: unknown): void {
    // Socket.IO's parser accepts a number as the name of an event, and an event without a name.
    const name = String(event);
    this.log(`${String(plan.target)} ${name}`, () => unknownEvent(plan, socket, name));
  }

  /** Called when a client has asked for a namespace that does not exist. */
  namespace(name: string): void {
    this.log(name, () => unknownNamespace(this.io, name));
  }

  private log(key: string, describe: () => string): void {
    const { logged, logger } = this;
    if (logged.size >= MOST_NAMES || logged.has(key)) return;
    logged.add(key);
    const last = logged.size === MOST_NAMES ? ' Further names are not logged.' : '';
    logger.warn('[egg-socketio] %s (logged once for each name, in the local and unittest environments only).%s', describe(), last);
  }
}
