import type { Server as HttpServer } from 'node:http';
import type { Application as EggApplication } from 'egg';
import type { EmbeddedAdapterClass } from '../adapter/adapter';
import type { AdminUI } from '../admin/admin_ui';
import { onServer } from '../base/egg_compat';
import { lazy } from '../base/lazy';
import { loggerOf } from '../base/logger';
import { isClustered } from '../cluster/egg_cluster';
import type { NamespacePlan } from '../controllers/plan/types';
import { warnOfConfig } from '../controllers/report/config_warnings';
import { StartupReporter } from '../controllers/report/publish';
import { Activity } from '../events/namespace/activity';
import { bindNamespaces, type Expire } from '../events/namespace/bind';
import type { OnceStore } from '../events/once/once_store';
import type { BackPressure } from '../limits/back_pressure';
import { nameForgottenAwaits } from '../events/reply/forgotten_await';
import { limitBroadcastAcks } from '../limits/broadcast_acks';
import { addressOf } from '../limits/egg_request';
import type { WireLimits } from '../limits/wire';
import type { RedisLayer } from '../redis/layer';
import { planRedisIfWanted } from '../redis/wanted';
import { createHealthEndpoints } from '../routing/health_endpoints';
import { HttpFront } from '../routing/http_front';
import { OwnServer } from '../routing/own_server';
import { onServerClosing } from '../routing/server_close';
import { Stats } from '../telemetry/stats/stats';
import type { AdapterFactory, Application } from '../types/application';
import type { RecoveryStats } from '../types/stats';
import { addAcks } from './acks_method';
import { chooseAdapter } from './adapter_choice';
import type { Clustered } from './clustered';
import { type Extension, loadControllers } from './controllers';
import { type WithDefaults, withDefaults } from './defaults';
import { WorkerHealth } from './health';
import { createIO } from './io_server';
import { Limiting } from './limiting';
import { createOnceStore } from './once';
import { checkOptions, hideSecrets } from './options';
import { type Replicas, replicasOf } from './replicas';
import { createSharedStreams } from './shared_streams';
import { heedSignals, shutDown } from './shutdown';
import { Telemetry } from './telemetry';

const clustered = lazy(() => require('./clustered') as typeof import('./clustered'));
const redisLayer = lazy(() => require('../redis/layer') as typeof import('../redis/layer'));
const adminUI = lazy(() => require('../admin/admin_ui') as typeof import('../admin/admin_ui'));

/** The members that the plugin's own adapter has, and others have not. */
type OwnAdapter = Partial<Pick<EmbeddedAdapterClass, 'recovery' | 'copies' | 'onExpired'>>;

/** The figures of the plugin's own adapter; `undefined` for another one. */
function recoveryStatsOf({ recovery, copies }: OwnAdapter): RecoveryStats | undefined {
  return recovery && { ...recovery, copiedSessions: copies?.sessions ?? 0, copiedBytes: copies?.bytes ?? 0 };
}

/**
 * Composition root of a worker: creates the Socket.IO server from `config.socketio`, attaches it to an HTTP server, binds the controllers
 * to it, and closes it.
 */
export class SocketIOFramework {
  /** The Socket.IO server, `app.io`. */
  readonly io: Application;
  /** The plans of the namespaces that controllers name; empty until {@link start} has read them. */
  plans: readonly NamespacePlan[] = [];
  readonly telemetry: Telemetry;
  /** Handlers of another plugin; set before {@link start}. */
  extension: Extension | undefined;
  private readonly options: WithDefaults;
  private readonly limiting: Limiting;
  private readonly activity: Activity;
  private readonly front: HttpFront;
  private readonly wire: WireLimits;
  private readonly stats: Stats;
  private readonly health: WorkerHealth;
  /** Set only if Egg's master has started the app. */
  private readonly clustered: Clustered | undefined;
  private readonly backPressure: BackPressure | undefined;
  private readonly redis: RedisLayer | undefined;
  private readonly adminUI: AdminUI | undefined;
  private readonly adapter: AdapterFactory & OwnAdapter;
  /** The names of the namespaces that the app creates before its controllers are bound. */
  private readonly namespaces = new Set([ '/' ]);
  private readonly noteNamespace = ({ name }: { name: string }) => { this.namespaces.add(name); };
  private ownServer: OwnServer | undefined;
  private parting: Promise<void> | undefined;
  private once: OnceStore | undefined;
  private endNaming: (() => void) | undefined;

  /** @throws {SocketIOError} `INVALID_CONFIG` */
  constructor(private readonly app: EggApplication) {
    hideSecrets(app);
    const checked = checkOptions(app.config.socketio);
    const telemetry = this.telemetry = new Telemetry(app, checked);
    const limiting = this.limiting = new Limiting(checked, telemetry);
    const options = this.options = withDefaults({ ...checked, cors: limiting.guardCors(checked.cors) });
    this.activity = new Activity(limiting.deadlines);
    this.front = new HttpFront(options);
    this.redis = this.createRedis();
    const replicas = this.redis || options.adapter ? undefined : replicasOf(options);
    this.clustered = this.createClustered(replicas);
    this.health = this.createHealth();
    this.wire = limiting.createWire(app, options, this.clustered?.channel);
    this.adapter = chooseAdapter(options, { redis: this.redis, clustered: this.clustered, caught: telemetry.caughtInMessages });
    const io = this.io = this.createIO(replicas);
    this.backPressure = this.clustered?.backPressure();
    this.clustered?.route(io.engine, this.front, this.wire, options.takeOverWindow);
    this.adminUI = this.createAdminUI();
    this.stats = this.createStats();
  }

  /** The port of the separate server, if `config.socketio.port` is set and {@link start} has finished. */
  get port(): number | undefined {
    return this.ownServer?.port;
  }

  /** Whether that server uses HTTPS. */
  get secure(): boolean {
    return this.ownServer?.secure ?? false;
  }

  /** The path of the Socket.IO server, with its leading slash. */
  get path(): string {
    return this.io.path();
  }

  /** Takes Socket.IO's requests from the worker's server, as soon as that exists. */
  attach(): void {
    if (this.options.port !== undefined) return;
    onServer(this.app, server => this.attachTo(server));
  }

  /** Takes Socket.IO's requests from another server. */
  attachTo(server: HttpServer): () => void {
    const detach = this.front.attach(server);
    if (!this.clustered) return detach;
    // When Node's cluster disconnects a worker, as in a reload in development, its servers are closed, and it is told to stop only after
    // all connections have ended.
    const ignoreClosing = onServerClosing(server, () => this.stop());
    return () => {
      ignoreClosing();
      detach();
    };
  }

  /**
   * Loads the controllers and binds them; listens on `config.socketio.port`, if it is set.
   *
   * @throws {SocketIOError} for every mistake in `app/socket`; `PORT_UNAVAILABLE`; `REDIS_UNAVAILABLE`
   */
  async start(): Promise<void> {
    const { app, io, options, telemetry, limiting, wire, activity, backPressure, extension } = this;
    // If there is an agent process, it has checked them.
    if (!this.clustered) warnOfConfig(app, options, loggerOf(app));
    const sessionsElsewhere = Boolean(options.connectionStateRecovery) && !this.adapter.onExpired;
    const sharedStreams = lazy(() => createSharedStreams(limiting.limits, this.clustered));
    const createOnce = () => createOnceStore(limiting.limits, this.redis, this.clustered);
    const shared = { sharedStreams, sessionsElsewhere, createOnce };
    const parts = { io, options, telemetry, limiting, wire, activity, backPressure, extension, ...shared };
    const { plans, environment } = await loadControllers(app, parts);
    this.plans = plans.namespaces;
    this.once = environment.once;
    const allPlans = this.adminUI?.open(io, plans) ?? plans;
    // From here on clients create namespaces too, and their names must not be kept.
    io.off('new_namespace', this.noteNamespace);
    const expire = bindNamespaces(io, allPlans, environment, this.namespaces);
    if (expire) this.heedExpired(expire, sessionsElsewhere);
    this.endNaming = nameForgottenAwaits({ ...environment, namespaces: plans.namespaces, log: telemetry.errors.announce });
    await this.redis?.open();
    const report = new StartupReporter(app, plans.namespaces);
    if (!this.clustered || await this.clustered.open(report.digest)) report.publish({ table: options.startupTable });
    await this.clustered?.restore();
    await this.listen();
    if (this.health.state === 'starting') this.health.state = 'running';
  }

  /**
   * Accepts no new clients, lets events in progress finish, closes all connections and waits for their disconnect handlers, all within
   * `drain.limit`. Call it before anything that handlers need is closed.
   */
  stop(): Promise<void> {
    const { app, io, front, options, activity, backPressure } = this;
    this.health.state = 'stopping';
    return this.parting ??= shutDown(app, { io, front, options, activity, backPressure, clustered: this.clustered })
      .catch(error => app.logger.error(error));
  }

  /**
   * Closes the rest after {@link stop}, and our own server. A worker among others has forwarded requests to them until then, and events of
   * the app's own `beforeClose` hooks; a worker without others releases Egg's server.
   */
  async close(): Promise<void> {
    await this.stop();
    this.adminUI?.close();
    this.redis?.retire();
    await this.io.close();
    if (!this.clustered) this.front.detachAll();
    await this.ownServer?.close();
    this.wire.close();
    this.stats.close();
    this.once?.close();
    await this.clustered?.close();
    this.front.close();
    await this.redis?.close();
    this.endNaming?.();
    heedSignals();
  }

  /** Runs the handlers for clients that are gone for good when the adapter says so. */
  private heedExpired(expire: Expire, sessionsElsewhere: boolean): void {
    // Later, because the adapter may be in the middle of a broadcast.
    this.adapter.onExpired?.((nsp, session) => setImmediate(expire, nsp, session));
    if (sessionsElsewhere) {
      loggerOf(this.app).warn('[egg-socketio] @OnWSExpired(): the adapter keeps the sessions of clients that have lost their connection, but does not tell when one expires: the handlers only run for clients that leave on purpose or are disconnected. The adapter between workers tells it.');
    }
  }

  private async listen(): Promise<void> {
    const { app, options: { port } } = this;
    if (port === undefined) return;
    this.ownServer = new OwnServer(app, port);
    this.attachTo(this.ownServer.http);
    await this.ownServer.listen();
  }

  private createClustered(replicas: Replicas | undefined): Clustered | undefined {
    const { app, options, telemetry: { observation, caughtInMessages } } = this;
    if (!isClustered(app)) return undefined;
    const created = new (clustered().Clustered)(app, observation, caughtInMessages, replicas);
    if (!this.redis && !options.adapter) created.keepBeyondStop(options);
    return created;
  }

  private createHealth(): WorkerHealth {
    const { front, options: { health: endpoints }, redis } = this;
    const health = new WorkerHealth({ redis, clustered: this.clustered });
    if (endpoints) front.health = createHealthEndpoints(endpoints === true ? {} : endpoints, health.report);
    return health;
  }

  private createIO(replicas: Replicas | undefined): ReturnType<typeof createIO> {
    const { app, front, options, telemetry, limiting: { limits } } = this;
    const io = createIO(front.server, options, {
      adapter: telemetry.emits.watchAdapters(this.adapter), wire: this.wire,
      stats: asked => this.stats.ask(asked), health: this.health.report,
      order: replicas?.order === 'before' ? this.clustered?.adapter.order : undefined,
      warn: line => loggerOf(app).warn('[egg-socketio] %s', line),
    });
    limitBroadcastAcks(io, limits.ackTimeout, telemetry.refusals, telemetry.logThrown);
    addAcks(io, limits, telemetry.refusals);
    io.on('new_namespace', this.noteNamespace);
    return io;
  }

  private createStats(): Stats {
    const { io, telemetry: { tally, refusals }, redis } = this;
    return new Stats({
      io, tally, refusals, place: this.clustered?.place, redis,
      handlers: () => this.activity.handlers,
      recovery: () => recoveryStatsOf(this.adapter),
    });
  }

  private createRedis(): RedisLayer | undefined {
    const { app, options, telemetry } = this;
    const recovers = Boolean(options.connectionStateRecovery);
    const plan = planRedisIfWanted(options, recovers, { name: app.name, redis: app.config.redis });
    return plan && new (redisLayer().RedisLayer)(plan, recovers, loggerOf(app), telemetry.caughtInMessages, replicasOf(options));
  }

  private createAdminUI(): AdminUI | undefined {
    const { app, options, telemetry: { refusals } } = this;
    return options.adminUI && new (adminUI().AdminUI)(options.adminUI, {
      peers: this.clustered?.channel,
      addressOf: ({ request }) => addressOf(app, request),
      refuse: address => refusals.add('adminLogins', () => (
        `refused another password attempt from ${address || 'an unknown address'} for the admin UI (config.socketio.adminUI).`
      )),
    });
  }
}

const FRAMEWORK = Symbol.for('egg-socketio:framework');

/** Returns the framework of an app, and creates it at the first call. */
export function frameworkOf(app: EggApplication): SocketIOFramework {
  const holder = app as { [FRAMEWORK]?: SocketIOFramework };
  return holder[FRAMEWORK] ??= new SocketIOFramework(app);
}
