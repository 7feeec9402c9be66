import type { EggLogger } from 'egg';
import type { Socket } from 'socket.io';
import type { NamespacePlan } from '../plan/types';
import type { Application } from '../../types/application';
import { unknownEvent, unknownNamespace } from './known_names';

/** Names that are logged in the life of a worker: clients can make up any number. */
const MOST_NAMES = 100;

/**
 * For whoever writes a client: logs each event and each namespace that there is not, once for each name. Without an ack nothing else
 * tells of such an event. Only for an app in development, as a client of anybody's could fill the log.
 */
export class UnknownNames {
  private readonly logged = new Set<string>();

  constructor(private readonly io: Application, private readonly logger: EggLogger) {}

  /** Nobody handles an event, and its sender is not told. */
  event(plan: Pick<NamespacePlan, 'target' | 'messages'>, socket: Socket, event: unknown): void {
    // Socket.IO's parser lets a number pass, and an event without a name.
    const name = String(event);
    this.log(`${String(plan.target)} ${name}`, () => unknownEvent(plan, socket, name));
  }

  /** A client has asked for a namespace that does not exist. */
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
