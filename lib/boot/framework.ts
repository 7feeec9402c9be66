import type { Server as HttpServer } from 'node:http';
import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Application as EggApplication } from 'egg';
import { createLoneAdapter } from '../adapter/lone_adapter';
import { isClustered } from '../cluster/egg_cluster';
import type { AdminUI } from '../admin/admin_ui';
import type { Clustered } from './clustered';
import { hideInDump, onServer } from '../base/egg_compat';
import { separateScopes } from '../events/dispatch/tegg_scope';
import { atMost } from '../base/at_most';
import { closeInBatches, drain } from '../internals/drain';
import { createContextClass } from '../context/context';
import { HttpFront } from '../routing/http_front';
import { onServerClosing } from '../routing/server_close';
import { SessionLoader } from '../context/http_session';
import type { BackPressure } from '../limits/back_pressure';
import { limitBroadcastAcks } from '../limits/broadcast_acks';
import { ConnectionLimits } from '../limits/connection_limits';
import { createAskApp } from '../limits/ask_app';
import { guardCors } from '../limits/cors';
import { addressOf, createShowAddress } from '../limits/egg_request';
import { Deadlines } from '../limits/deadlines';
import { type Limits, resolveLimits } from '../limits/limits';
import { Refusals } from '../limits/refusals';
import { limitSockets } from '../limits/socket_limits';
import { WireLimits } from '../limits/wire';
import { createIO } from './io_server';
import { Activity } from '../events/namespace/activity';
import { loggerOf } from '../base/logger';
import { bindNamespaces } from '../events/namespace/bind';
import { EventFinisher } from '../events/namespace/event_finisher';
import { createHoldEvent } from '../events/namespace/waiting_events';
import { Observation } from '../telemetry/observation/observation';
import { EmitWatch } from '../telemetry/observation/watch_emits';
import { checkOptions, hasOwnKey } from './options';
import { inMessages } from '../base/app_code';
import { OwnServer } from '../routing/own_server';
import { loadFiles } from '../controllers/plan/loader';
import { checkAppNames } from '../controllers/plan/names';
import { planNamespaces } from '../controllers/plan/plan';
import type { NamespacePlan } from '../controllers/plan/types';
import type { RedisLayer } from '../redis/layer';
import { planRedisIfWanted } from '../redis/wanted';
import { createFailure } from '../events/reply/failure';
import { RepeatedErrors } from '../events/reply/repeated_errors';
import { warnOfConfig } from '../controllers/report/config_warnings';
import { StartupReporter } from '../controllers/report/publish';
import { Stats } from '../telemetry/stats/stats';
import { Tally } from '../telemetry/stats/tally';
import type { RecoveryStats, StatsOptions } from '../types/stats';
import type { AdapterFactory, Application } from '../types/application';
import type { DrainOptions } from '../types/drain';
import type { SocketIOConfig } from './config';

/** See {@link DrainOptions}. */
const DRAIN: Required<DrainOptions> = { batch: 100, interval: 50, limit: 4000 };
/** Milliseconds, see {@link SocketIOConfig}. */
const TAKE_OVER_WINDOW = 300;

function ignore(): void { /* It is being done. */ }

/** Socket.IO calls the factory with `new`, which an arrow function does not take. */
function toAdapterClass(factory: AdapterFactory): AdapterFactory {
  if (factory.prototype) return factory;
  const create = factory as (namespace: unknown) => object;
  return function(namespace: unknown) { return create(namespace); } as unknown as AdapterFactory;
}

/**
 * Composition root of a worker: makes the Socket.IO server from `config.socketio`, puts it in front of an HTTP server,
 * binds the controllers to it, and closes it.
 */
export class SocketIOFramework {
  /** The Socket.IO server, `app.io`. */
  readonly io: Application;
  /** The plans of the namespaces that controllers name; empty until {@link start} has read them. */
  plans: readonly NamespacePlan[] = [];
  /** Tells what happens. */
  readonly observation = new Observation();
  private readonly options: SocketIOConfig;
  private readonly front: HttpFront;
  private readonly clustered: Clustered | undefined;
  private readonly connectionLimits: ConnectionLimits;
  private readonly wire: WireLimits;
  private readonly redis: RedisLayer | undefined;
  private readonly limits: Limits;
  private readonly refusals: Refusals;
  private readonly errors: RepeatedErrors;
  private readonly tally = new Tally();
  private readonly stats: Stats;
  private readonly adminUI: AdminUI | undefined;
  private readonly backPressure: BackPressure | undefined;
  private readonly emits = new EmitWatch(this.observation.signals.emit);
  private readonly deadlines: Deadlines;
  private readonly activity: Activity;
  /** The names of the namespaces that the app has made before its controllers are bound. */
  private readonly namespaces = new Set([ '/' ]);
  private readonly noteNamespace = ({ name }: { name: string }) => { this.namespaces.add(name); };
  private ownServer: OwnServer | undefined;
  private parting: Promise<void> | undefined;

  /** @throws {SocketIOError} `INVALID_CONFIG` */
  constructor(private readonly app: EggApplication) {
    // An URL with a password in it.
    hideInDump(app, 'redis');
    if (hasOwnKey(app.config.socketio)) hideInDump(app, 'key');
    const checked = checkOptions(app.config.socketio);
    this.limits = resolveLimits(checked.limits);
    const { accessLog } = checked;
    // What an app does not use is not loaded, here and below: that would be half of the plugin's part of the start.
    if (accessLog) {
      const { createAccessLog } = require('../telemetry/observation/access_log') as typeof import('../telemetry/observation/access_log');
      this.observation.observe(createAccessLog(loggerOf(app), accessLog === true ? {} : accessLog));
    }
    this.refusals = new Refusals(loggerOf(app), this.observation.signals.limit);
    const { logThrown } = this.errors = new RepeatedErrors(app.logger);
    this.deadlines = new Deadlines(this.limits.handlerTimeout, this.refusals, logThrown);
    this.activity = new Activity(this.deadlines);
    const ask = createAskApp(this.limits.handshakeTimeout, this.refusals, logThrown);
    this.options = { ...checked, cors: guardCors(checked.cors, ask) as SocketIOConfig['cors'] };
    const { path = '/socket.io', ...rest } = this.options;
    this.front = new HttpFront({ ...rest, path });
    if (isClustered(app)) this.clustered = new (require('./clustered') as typeof import('./clustered')).Clustered(app, this.observation, inMessages(logThrown));
    const recovers = Boolean(this.options.connectionStateRecovery);
    const plan = planRedisIfWanted(this.options, recovers, { name: app.name, redis: app.config.redis });
    if (plan) this.redis = new (require('../redis/layer') as typeof import('../redis/layer')).RedisLayer(plan, recovers, loggerOf(app), inMessages(logThrown));
    this.connectionLimits = new ConnectionLimits(this.limits, this.refusals);
    this.wire = new WireLimits(
      app, this.options, this.limits, this.refusals, this.connectionLimits, ask, logThrown, this.clustered?.channel,
    );
    const stats = (asked?: StatsOptions) => this.stats.ask(asked);
    const { adapter } = this;
    this.io = createIO(this.front.server, this.options, { adapter: this.emits.watchAdapters(adapter), wire: this.wire, stats });
    limitBroadcastAcks(this.io, this.limits.ackTimeout, this.refusals, logThrown);
    this.backPressure = this.clustered?.backPressure();
    this.clustered?.route(this.io, this.front, this.wire, this.options.takeOverWindow ?? TAKE_OVER_WINDOW);
    if (checked.adminUI) {
      const { AdminUI } = require('../admin/admin_ui') as typeof import('../admin/admin_ui');
      this.adminUI = new AdminUI(checked.adminUI, {
        peers: this.clustered?.channel,
        addressOf: ({ request }) => addressOf(app, request),
        refuse: address => this.refusals.add('adminLogins', () => (
          `refused another password attempt from ${address || 'an unknown address'} for the admin UI (config.socketio.adminUI).`
        )),
      });
    }
    this.tally.observe(this.observation);
    const recovery = () => (adapter as { readonly recovery?: RecoveryStats }).recovery;
    this.stats = new Stats({
      io: this.io, tally: this.tally, refusals: this.refusals, place: this.clustered?.place, recovery, redis: this.redis,
    });
    this.io.on('new_namespace', this.noteNamespace);
  }

  /** The port of our own server, if `config.socketio.port` is set and {@link start} has finished. */
  get port(): number | undefined {
    return this.ownServer?.port;
  }

  /** Whether that server speaks HTTPS. */
  get secure(): boolean {
    return this.ownServer?.secure ?? false;
  }

  /** The path of the Socket.IO server, with its leading slash. */
  get path(): string {
    return this.io.path();
  }

  /** Takes Socket.IO's requests from the worker's server, as soon as there is one. */
  attach(): void {
    if (this.options.port !== undefined) return;
    onServer(this.app, server => this.attachTo(server));
  }

  /** Takes Socket.IO's requests from one more server. */
  attachTo(server: HttpServer): () => void {
    const detach = this.front.attach(server);
    if (!this.clustered) return detach;
    // A worker that Node's cluster disconnects has its servers closed, and is told to stop once all connections have ended:
    // so it is in a reload in development.
    const ignoreClosing = onServerClosing(server, () => this.stop());
    return () => {
      ignoreClosing();
      detach();
    };
  }

  /**
   * Loads the controllers and binds them; listens on `config.socketio.port`, if it is set.
   *
   * @throws {SocketIOError} whatever is wrong in `app/socket`; `PORT_UNAVAILABLE`; `REDIS_UNAVAILABLE`
   */
  async start(): Promise<void> {
    const { app, options, limits, refusals } = this;
    // Where there is an agent process, that has done it.
    if (!this.clustered) warnOfConfig(app, options, loggerOf(app));
    await checkAppNames(app);
    const Context = createContextClass(app);
    separateScopes(Context);
    const plans = planNamespaces(app, Context, await loadFiles(app), options);
    this.plans = plans.namespaces;
    const showInternal = app.config.env === 'local' || app.config.env === 'unittest';
    const unknownNames = showInternal
      ? new (require('../controllers/report/unknown_names') as typeof import('../controllers/report/unknown_names')).UnknownNames(this.io, loggerOf(app))
      : undefined;
    if (unknownNames) this.wire.tellUnknown(name => unknownNames.namespace(name));
    const environment = {
      Context,
      storage: app.ctxStorage as unknown as AsyncLocalStorage<object>,
      session: new SessionLoader(app),
      fail: createFailure(showInternal, this.tally, this.errors),
      logError: this.errors.log,
      filters: plans.filters,
      activity: this.activity,
      tally: this.tally,
      connectionLimits: this.connectionLimits,
      ipv6Prefix: limits.ipv6Prefix,
      limitSocket: limitSockets(limits, refusals),
      showAddress: createShowAddress(app),
      holdEvent: createHoldEvent(limits.waitingBytes, refusals),
      deadlines: this.deadlines,
      observation: this.observation,
      events: this.observation.events,
      emits: this.emits,
      watch: this.backPressure,
      answerUnknown: options.unknownEvents !== 'ignore',
      showInternal,
      unknownNames,
    };
    const allPlans = this.adminUI?.open(this.io, plans) ?? plans;
    // From here on clients make namespaces too, and their names must not be kept.
    this.io.off('new_namespace', this.noteNamespace);
    bindNamespaces(this.io, allPlans, environment, this.namespaces);
    await this.redis?.open();
    const report = new StartupReporter(app, plans.namespaces);
    if (!this.clustered || await this.clustered.open(report.digest)) report.publish({ table: options.startupTable ?? true });
    if (options.port === undefined) return;
    this.ownServer = new OwnServer(app, options.port);
    this.attachTo(this.ownServer.http);
    await this.ownServer.listen();
  }

  /**
   * Takes no newcomers any more, lets the events under way finish, sends everybody away and waits for their disconnect
   * handlers; all within `drain.limit`. To be called before anything that handlers need is closed.
   */
  stop(): Promise<void> {
    return this.parting ??= this.part().catch(error => this.app.logger.error(error));
  }

  /**
   * Closes what {@link stop} has left, and lets go of all servers but our own, which it closes. Until now a worker among others
   * has passed requests on to them, and what the app has sent in its own `beforeClose` hooks.
   */
  async close(): Promise<void> {
    await this.stop();
    this.adminUI?.close();
    this.redis?.retire();
    await this.io.close();
    this.front.detachAll();
    await this.ownServer?.close();
    this.wire.close();
    this.stats.close();
    await this.clustered?.close();
    await this.redis?.close();
    process.off('SIGTERM', ignore);
  }

  private async part(): Promise<void> {
    const { clustered, activity } = this;
    const drainOptions = { ...DRAIN, ...this.options.drain };
    const deadline = Date.now() + drainOptions.limit;
    // Egg minds the first SIGTERM only, and the second one, which a reload in development sends, would kill the worker here.
    if (clustered) process.on('SIGTERM', ignore);
    this.front.retire();
    clustered?.retire(() => this.front.stopListening());
    // A client that is not read would not be seen to leave.
    this.backPressure?.close();
    const finisher = new EventFinisher(activity, loggerOf(this.app));
    const closed = await drain(this.io, drainOptions, deadline, finisher);
    const [ unfinished ] = await Promise.all([
      activity.settle(deadline - Date.now()),
      clustered && atMost(deadline - Date.now(), clustered.dispensable()),
    ]);
    // Not before: a sibling that stops as well closes its own once their events are over.
    if (clustered) await closeInBatches(clustered.relays, drainOptions, deadline);
    finisher.report(closed, unfinished);
  }

  /** What carries broadcasts to other servers; Socket.IO's own, for a server that is alone. */
  private get adapter(): AdapterFactory {
    if (this.redis) return toAdapterClass(this.redis.adapter as unknown as AdapterFactory);
    const { adapter } = this.options;
    if (adapter) return toAdapterClass(adapter as AdapterFactory);
    const recovers = Boolean(this.options.connectionStateRecovery);
    return (this.clustered?.adapter ?? createLoneAdapter(recovers, inMessages(this.errors.logThrown))) as AdapterFactory;
  }
}

const FRAMEWORK = Symbol.for('egg-socketio:framework');

/** The framework of an app, made at the first call. */
export function frameworkOf(app: EggApplication): SocketIOFramework {
  const holder = app as { [FRAMEWORK]?: SocketIOFramework };
  return holder[FRAMEWORK] ??= new SocketIOFramework(app);
}
