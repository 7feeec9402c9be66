import type { Application as EggApplication } from 'egg';
import { atMost } from '../base/at_most';
import { debugOf } from '../base/debug';
import { loggerOf } from '../base/logger';
import type { Activity } from '../events/namespace/activity';
import { EventFinisher } from '../events/namespace/event_finisher';
import { closeInBatches, drain } from '../internals/drain';
import type { BackPressure } from '../limits/back_pressure';
import type { HttpFront } from '../routing/http_front';
import type { Application } from '../types/application';
import type { Clustered } from './clustered';
import type { WithDefaults } from './defaults';

const debug = debugOf('boot');

/** The parts that a stopping worker needs. */
interface Parts {
  readonly io: Application;
  readonly front: HttpFront;
  readonly options: WithDefaults;
  readonly activity: Activity;
  readonly clustered: Clustered | undefined;
  readonly backPressure: BackPressure | undefined;
}

/** Egg only handles the first SIGTERM; the second one, which a reload in development sends, would kill a stopping worker. */
function ignoreSignal(): void { /* It is being done. */ }

/**
 * Stops a worker at SIGINT as at SIGTERM. A terminal and PM2 send it to all processes of an app: Egg's master then stops the workers, but
 * Node has ended them by that time, without a word to their clients and without their sessions.
 */
export function stopAtInterrupt(): void {
  process.once('SIGINT', () => process.kill(process.pid, 'SIGTERM'));
}

/** Accepts no new clients, lets events finish, and closes all connections, within `drain.limit`. */
export async function shutDown(app: EggApplication, { io, front, options, activity, clustered, backPressure }: Parts): Promise<void> {
  const deadline = Date.now() + options.drain.limit;
  debug('stop: no new clients; the limit is %d ms', options.drain.limit);
  if (clustered) process.on('SIGTERM', ignoreSignal);
  front.retire();
  clustered?.retire(() => front.stopListening(), deadline);
  // A client that is not read would not be noticed when it leaves.
  backPressure?.close();
  const finisher = new EventFinisher(activity, loggerOf(app));
  const closed = await drain(io, options.drain, deadline, finisher, () => clustered?.othersStay ?? false);
  debug('stop: %d connection(s) are closed', closed);
  const [ unfinished ] = await Promise.all([
    activity.settle(deadline - Date.now()),
    clustered && atMost(deadline - Date.now(), clustered.dispensable()),
  ]);
  activity.abandon();
  debug('stop: %d handler(s) are unfinished; siblings no longer need this worker, or the limit is over', unfinished.length);
  // Not earlier: a sibling that stops as well closes its connections after their events.
  if (clustered) await closeInBatches(clustered.relays, options.drain, deadline);
  debug('stop: relayed connections are closed');
  finisher.report(closed, unfinished);
}

/** Call it when everything of the plugin is closed. */
export function heedSignals(): void {
  process.off('SIGTERM', ignoreSignal);
}
