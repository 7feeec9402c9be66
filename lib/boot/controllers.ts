import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Application as EggApplication } from 'egg';
import { lazy } from '../base/lazy';
import { loggerOf } from '../base/logger';
import { createContextClass } from '../context/context';
import type { ContextFactory } from '../context/socket_context';
import { SessionLoader } from '../context/http_session';
import { loadFiles } from '../controllers/plan/loader';
import { checkAppNames } from '../controllers/plan/names';
import { planNamespaces, type Plans } from '../controllers/plan/plan';
import { separateScopes } from '../events/dispatch/tegg_scope';
import type { OnceStore } from '../events/once/once_store';
import type { Activity } from '../events/namespace/activity';
import type { DeliverAround, Environment } from '../events/namespace/environment';
import { createFailure } from '../events/reply/failure';
import type { BackPressure } from '../limits/back_pressure';
import type { WireLimits } from '../limits/wire';
import type { Application } from '../types/application';
import type { SocketIOConfig } from './config';
import type { Limiting } from './limiting';
import type { Telemetry } from './telemetry';

const unknownNames = lazy(() => require('../controllers/report/unknown_names') as typeof import('../controllers/report/unknown_names'));

/** Handlers that another plugin adds to those of `app/socket`. */
export interface Extension {
  /**
   * Adds them to the plans of the namespaces.
   *
   * @param Context - of the contexts, which it may change
   */
  extend(plans: Plans, Context: ContextFactory): Plans;
  readonly deliverAround: DeliverAround;
}

/** The other parts that controllers need. */
interface Parts {
  readonly io: Application;
  readonly options: SocketIOConfig;
  readonly telemetry: Telemetry;
  readonly limiting: Limiting;
  readonly wire: WireLimits;
  readonly activity: Activity;
  readonly backPressure: BackPressure | undefined;
  readonly extension: Extension | undefined;
  readonly sharedStreams: Environment['sharedStreams'];
  /** Whether an adapter that is not the plugin's own keeps sessions for clients that may come back. */
  readonly sessionsElsewhere: boolean;
  /** Creates the store of events that are handled once, for an app that has any. */
  readonly createOnce: () => OnceStore;
}

/** Whether clients see the message of an internal error, and the log lists unknown names that they ask for. */
function isDevelopment({ config: { env } }: EggApplication): boolean {
  return env === 'local' || env === 'unittest';
}

function hasOnce({ namespaces }: Plans): boolean {
  return namespaces.some(({ messages, patterns }) => [ ...messages.values(), ...patterns ].some(({ once }) => once));
}

/**
 * Loads and plans the app's controllers, and creates the shared parts of their namespaces.
 *
 * @throws {SocketIOError} for every mistake in `app/socket`
 */
export async function loadControllers(app: EggApplication, parts: Parts): Promise<{ plans: Plans; environment: Environment }> {
  const { io, options, telemetry: { observation, tally, emits, errors }, limiting, wire, activity, backPressure, extension } = parts;
  await checkAppNames(app);
  const Context = createContextClass(app);
  separateScopes(Context);
  const own = planNamespaces(app, Context, await loadFiles(app), options);
  const plans = extension?.extend(own, Context) ?? own;
  const showInternal = isDevelopment(app);
  const unknown = showInternal ? new (unknownNames().UnknownNames)(io, loggerOf(app)) : undefined;
  if (unknown) wire.tellUnknown(name => unknown.namespace(name));

  const once = hasOnce(plans) ? parts.createOnce() : undefined;

  const contexts = { Context, storage: app.ctxStorage as unknown as AsyncLocalStorage<object>, session: new SessionLoader(app) };
  const failures = { fail: createFailure(showInternal, tally, errors), logError: errors.log, filters: plans.filters, showInternal };
  const observed = { observation, events: observation.events, tally, emits, unknownNames: unknown };
  const environment = {
    ...contexts, ...failures, ...observed, ...limiting.ofNamespaces(app),
    activity, sharedStreams: parts.sharedStreams, sessionsElsewhere: parts.sessionsElsewhere, watch: backPressure, answerUnknown: options.unknownEvents !== 'ignore',
    deliverAround: extension?.deliverAround, once,
  };
  return { plans, environment };
}
