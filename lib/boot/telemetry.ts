import type { Application as EggApplication } from 'egg';
import { type Caught, inMessages, type LogThrown } from '../base/app_code';
import { lazy } from '../base/lazy';
import { loggerOf } from '../base/logger';
import { RepeatedErrors } from '../events/reply/repeated_errors';
import { Refusals } from '../limits/refusals';
import { Observation } from '../telemetry/observation/observation';
import { EmitWatch } from '../telemetry/observation/watch_emits';
import { Tally } from '../telemetry/stats/tally';
import type { SocketIOConfig } from './config';

const accessLog = lazy(() => require('../telemetry/observation/access_log') as typeof import('../telemetry/observation/access_log'));

/** The parts that observe, count and log in one worker. */
export class Telemetry {
  readonly observation = new Observation();
  readonly tally: Tally;
  readonly emits = new EmitWatch(this.observation.signals.emit);
  readonly refusals: Refusals;
  readonly errors: RepeatedErrors;
  /** Handles errors of the app's own code that messages of other workers, or of Redis, have run. */
  readonly caughtInMessages: Caught;

  constructor(
    app: EggApplication,
    { accessLog: wanted, connectionStateRecovery }: Pick<SocketIOConfig, 'accessLog' | 'connectionStateRecovery'>,
  ) {
    this.tally = new Tally({ recovers: Boolean(connectionStateRecovery) });
    if (wanted) this.observation.observe(accessLog().createAccessLog(loggerOf(app), wanted === true ? {} : wanted));
    this.refusals = new Refusals(loggerOf(app), this.observation.signals.limit);
    this.errors = new RepeatedErrors(app.logger);
    this.caughtInMessages = inMessages(this.errors.logThrown);
    this.tally.observe(this.observation);
  }

  get logThrown(): LogThrown {
    return this.errors.logThrown;
  }
}
