import type { Application as EggApplication } from 'egg';
import { createEmbeddedAdapter, type EmbeddedAdapterClass } from '../adapter/adapter';
import { channelOf } from '../cluster/channel';
import { MarksInFolder } from '../adapter/replicas/behind_marks';
import type { Promoted } from '../adapter/replicas/replicas';
import { MAX_LOG_BYTES } from '../adapter/recovery/store';
import type { LeftSessions } from '../adapter/session_exchange';
import { ClusterWorker } from '../cluster/cluster_worker';
import { rendezvousFor, stateFolderOf } from '../cluster/egg_cluster';
import { Heartbeat } from '../cluster/heartbeat';
import { isPeerLink } from '../cluster/incoming_links';
import type { PeerPort } from '../cluster/port';
import type { Rendezvous } from '../cluster/rendezvous';
import type { HttpFront } from '../routing/http_front';
import { isOfPollingClient } from '../internals/polling_pids';
import { BackPressure } from '../limits/back_pressure';
import type { WireLimits } from '../limits/wire';
import { loggerOf } from '../base/logger';
import type { Observation } from '../telemetry/observation/observation';
import { watchPeers } from '../telemetry/observation/watch_peers';
import type { Caught } from '../base/app_code';
import { PendingSessions } from '../routing/pending_sessions';
import { LatePolls } from '../routing/late_polls';
import { Retirement } from '../routing/retirement';
import { PRIVATE_SERVER_OPTIONS, PrivateEndpoint } from '../routing/private_endpoint';
import { Readmission } from '../routing/readmission';
import { SessionRouter } from '../routing/router';
import { tagSessionIds } from '../routing/session_id';
import { TakeOver } from '../routing/take_over';
import type { Place } from '../telemetry/stats/worker';
import type { SocketIOConfig } from './config';
import type { Engine } from './engine';
import type { Replicas } from './replicas';

/** Milliseconds after `drain.limit` for writing sessions; Egg kills a worker a second after the default limit. */
const GRACE = 700;

/** Composition root of everything that connects several workers. */
export class Clustered {
  /** The adapter between the workers, for an app that sets no other. */
  readonly adapter: EmbeddedAdapterClass;
  private readonly worker: ClusterWorker;
  private readonly rendezvous: Rendezvous;
  private router: SessionRouter | undefined;
  private takeOver: TakeOver | undefined;
  private retirement: Retirement | undefined;
  private heartbeat: Heartbeat | undefined;

  /**
   * @param onError - gets errors of the app's own code that messages of other workers have run
   * @param replicas - how each session is copied to a sibling. Default: not at all
   */
  constructor(
    private readonly app: EggApplication, private readonly observation: Observation, onError: Caught, replicas?: Replicas,
  ) {
    const { folder } = this.rendezvous = rendezvousFor(app);
    const fromAgent = (message: unknown) => this.adapter.receiveFromAgent(message as never);
    this.worker = new ClusterWorker(this.rendezvous, loggerOf(app), fromAgent, PRIVATE_SERVER_OPTIONS);
    const { peers } = this.worker;
    watchPeers(channelOf(peers, 'observation'), tag => peers.memberOf(tag), observation.signals);
    const warn = (line: string) => loggerOf(app).warn('[egg-socketio] %s', line);
    this.adapter = createEmbeddedAdapter(channelOf(this.worker.peers, 'adapter'), onError, warn, left => this.tellLeft(left),
      replicas && folder !== undefined ? {
        isOrdered: replicas.order === 'before', marks: new MarksInFolder(folder, this.worker.tag),
        onPromoted: promoted => this.tellPromoted(promoted),
      } : undefined);
  }

  private tellLeft({ count, heir, outcome, saved }: LeftSessions): void {
    const logger = loggerOf(this.app);
    const pid = heir && this.worker.peers.memberOf(heir)?.pid;
    if (saved) {
      if (saved.file) logger.info('[egg-socketio] stop: wrote %d recoverable session(s) to %s, because no other worker is left.', saved.count, saved.file);
      if (saved.problem) logger.warn('[egg-socketio] stop: %d recoverable session(s) are lost: %s.', count - saved.count, saved.problem);
    } else if (outcome === 'taken') {
      logger.info('[egg-socketio] stop: handed over %d recoverable session(s) to worker %s (pid %s).', count, heir, pid);
    } else if (outcome === 'silent') {
      logger.warn('[egg-socketio] stop: worker %s (pid %s) has not confirmed the hand-over of %d recoverable session(s): some may be lost.', heir, pid, count);
    } else {
      logger.info('[egg-socketio] stop: %d recoverable session(s) are lost: no other worker is left.', count);
    }
  }

  private tellPromoted({ owner, sessions, isWhole }: Promoted): void {
    const logger = loggerOf(this.app);
    if (isWhole) logger.warn('[egg-socketio] worker %s is gone: its %d recoverable session(s) wait here for their clients.', owner, sessions);
    else logger.warn('[egg-socketio] worker %s is gone, and its replica here is not complete: its %d client(s) get new sessions.', owner, sessions);
  }

  /** Keeps the recoverable sessions beyond the end of all workers, if that is wanted. Call it if {@link adapter} is used. */
  keepBeyondStop({ connectionStateRecovery: recovery }: Pick<SocketIOConfig, 'connectionStateRecovery'>): void {
    if (!recovery) return;
    const { restart = true, maxLogBytes = MAX_LOG_BYTES } = recovery === true ? {} : recovery;
    if (restart === false) return;
    const { maxBytes = maxLogBytes } = restart === true ? {} : restart;
    const { app } = this;
    const log = (level: 'info' | 'warn') => (line: string) => loggerOf(app)[level]('[egg-socketio] %s', line);
    this.adapter.keepBeyondStop({ folder: stateFolderOf(app), maxBytes, logger: { info: log('info'), warn: log('warn') } });
  }

  /** A channel to the other workers, for a single purpose. */
  readonly channel = (name: string): PeerPort => channelOf(this.worker.peers, name);

  /** Slows down the clients that make this worker send more than the others can take. */
  backPressure(): BackPressure {
    return new BackPressure(channelOf(this.worker.peers, 'back pressure'));
  }

  /**
   * Puts the router between the front and Socket.IO.
   *
   * @param wire - decides about requests
   * @param takeOverWindow - milliseconds that a session waits for its client's WebSocket
   */
  route(engine: Engine, front: HttpFront, wire: Pick<WireLimits, 'origins' | 'allowMoved'>, takeOverWindow: number): void {
    const { worker, rendezvous, observation: { signals } } = this;
    const logger = loggerOf(this.app);
    const peers = channelOf(worker.peers, 'sticky');
    tagSessionIds(engine, worker.tag);
    const held = engine.pending = new PendingSessions(engine, takeOverWindow, () => peers.peers().length > 0, isOfPollingClient);
    const takeOver = this.takeOver = new TakeOver(engine, held, peers, {
      mayUpgrade: req => wire.origins.allows(req),
      readmission: new Readmission(engine, logger, wire.allowMoved),
      taken: signals.takeOver,
    });
    const siblings = { tag: worker.tag, endpointOf: rendezvous.endpointOf };
    const router = this.router = new SessionRouter(siblings, front.local, logger, takeOver, signals.forward);
    this.retirement = new Retirement(engine, router, channelOf(worker.peers, 'retirement'));
    const endpoint = new PrivateEndpoint(router.fromSiblings, logger);
    endpoint.attach(worker.endpoint, isPeerLink);
    engine.latePolls = new LatePolls(req => endpoint.arrivalOf(req));
    front.taker = router;
  }

  /** This worker and its peers, for statistics. */
  get place(): Place {
    const { worker } = this;
    return {
      tag: worker.tag, peers: this.channel('stats'), siblings: () => worker.siblings(),
      queues: () => worker.peers.queues(), relayed: () => this.router?.relayed ?? 0,
    };
  }

  /**
   * Joins the other workers.
   *
   * @param loaded - a digest of what this worker has loaded
   * @return whether it is the first of them with this digest
   */
  async open(loaded: string): Promise<boolean> {
    const isFirst = await this.worker.open(loaded);
    const { peers } = this.worker;
    this.heartbeat = new Heartbeat(channelOf(peers, 'beat'), tag => peers.memberOf(tag), loggerOf(this.app));
    return isFirst;
  }

  /**
   * Sends new clients, and those of other workers, to the workers that stay.
   *
   * @param stopListening - called once it is known that one stays
   * @param deadline - as of `Date.now()`: the end of `drain.limit`
   */
  retire(stopListening: () => void, deadline: number): void {
    this.adapter.retire(deadline + GRACE);
    this.retirement?.start(stopListening);
  }

  /** Restores the sessions of the last stop, if they were kept. Call it before clients are accepted. */
  async restore(): Promise<void> {
    await this.adapter.load();
  }

  /** Whether another worker takes the new clients once this one stops. */
  get isSucceeded(): boolean {
    return this.retirement?.isSucceeded ?? false;
  }

  /** Whether another worker takes the clients that this one closes. */
  get othersStay(): boolean {
    return this.retirement?.othersStay ?? false;
  }

  /** Functions that break each connection between a client and another worker that passes through this one. */
  get relays(): readonly (() => void)[] {
    return this.router?.relays ?? [];
  }

  /**
   * Call it when all connections of this worker are closed. If another worker stays, it resolves when nothing reaches this worker any
   * more; if none stays, when the others have closed their connections too; and when no client waits here for a response of another
   * worker.
   */
  async dispensable(): Promise<void> {
    this.retirement?.finish();
    await this.retirement?.avoided;
    await this.router?.idle();
  }

  /** Leaves the other workers. */
  async close(): Promise<void> {
    this.heartbeat?.close();
    this.retirement?.close();
    this.takeOver?.close();
    this.router?.close();
    await this.worker.close();
  }
}
