import type { EggLogger } from 'egg';
import type { Socket } from 'socket.io';
import { printable } from '../../base/printable';
import type { Activity } from './activity';
import { takeNoMore } from './incoming';

/** The number of handlers that a line names; for the others it only has their number. */
const NAMED = 10;

/** Formats `a, b and 3 more`. Several clients may have called the same handler. */
function list(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const entries = [ ...counts ].map(([ name, count ]) => (count > 1 ? `${name} × ${count}` : name));
  const rest = entries.splice(NAMED).length;
  return printable(entries.join(', ') + (rest > 0 ? ` and ${rest} more` : ''));
}

/** Lets the sockets of a stopping worker finish their events, and logs the result. */
export class EventFinisher {
  private readonly begun = Date.now();
  private readonly hung: string[] = [];
  private late = 0;
  private readonly onLate = (): void => { this.late += 1; };

  constructor(private readonly activity: Activity, private readonly logger: EggLogger) {}

  finish(sockets: readonly Socket[]): Promise<void> {
    for (const socket of sockets) takeNoMore(socket, this.onLate);
    return this.activity.finish(sockets);
  }

  cutOff(sockets: readonly Socket[]): void {
    this.hung.push(...this.activity.unfinished(sockets));
  }

  /**
   * Logs the result.
   *
   * @param connections - the number of closed connections
   * @param unfinished - the handlers that still run
   */
  report(connections: number, unfinished: readonly string[]): void {
    const { logger, late, hung } = this;
    const passed = Date.now() - this.begun;
    if (connections > 0) {
      const tooLate = late > 0 ? ` ${late} event(s) that arrived while their connections were being closed were not handled and got no ack.` : '';
      logger.info('[egg-socketio] stop: closed %d connection(s) in %d ms.%s', connections, passed, tooLate);
    }
    // Some of those that were cut off may have ended since; they may have used closed resources.
    const names = [ ...hung, ...unfinished.filter(name => !hung.includes(name)) ];
    if (names.length > 0) {
      logger.warn('[egg-socketio] stop: these had not finished within config.socketio.drain.limit, and were cut off: %s.', list(names));
    }
  }
}
