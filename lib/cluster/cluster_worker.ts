import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http';
import { existsSync, rmSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import type { EggLogger } from 'egg';
import { atMost } from '../base/at_most';
import { startupError } from '../base/errors';
import { workerNumber } from './egg_cluster';
import { Membership } from './membership';
import { isPeerLink } from './incoming_links';
import { PeerLinks } from './peer_links';
import type { Member } from './port';
import { createTag, ensureFolder, type Rendezvous } from './rendezvous';

/** Milliseconds that a starting worker waits for its links to siblings that do not answer. */
const LINK_LIMIT = 2000;

/** A worker's place among its siblings: its tag, its private endpoint, its registration with the agent and its links to the others. */
export class ClusterWorker {
  readonly peers: PeerLinks;
  /** The server that siblings connect to. Upgrades to a peer link are handled; everything else is left to the app. */
  readonly endpoint: Server;
  private readonly membership: Membership;
  private readonly path: string;
  private complained = false;

  /**
   * @param onAgentMessage - gets the agent's messages to all workers
   * @param serverOptions - of the private endpoint
   * @param tag - default: a new one
   */
  constructor(
    private readonly rendezvous: Rendezvous,
    private readonly logger: EggLogger,
    onAgentMessage: (message: unknown) => void,
    serverOptions: ServerOptions = {},
    readonly tag = createTag(),
  ) {
    this.path = rendezvous.endpointOf(this.tag);
    this.peers = new PeerLinks(this.tag, logger, gone => this.membership.forget(gone), rendezvous.sockets);
    const self = { tag: this.tag, pid: process.pid, number: workerNumber(), endpoint: this.path };
    this.membership = new Membership(self, rendezvous, {
      onJoin: member => { void this.peers.join(member); },
      onLeave: tag => this.peers.leave(tag),
      onList: () => this.keepEndpoint(),
      onBroadcast: onAgentMessage,
      onGarbage: error => {
        if (this.complained) return;
        this.complained = true;
        logger.error('[egg-socketio] %s: the process that listens there is not the agent of this app (%s); trying again, further cases are not logged.',
          rendezvous.agentEndpoint, error.message);
      },
      onAgentAway: isAway => {
        if (isAway) {
          logger.warn('[egg-socketio] %s: this worker cannot reach the agent, and tries again and again. Its clients stay, but workers that start in the meantime do not find it.', rendezvous.agentEndpoint);
        } else logger.warn('[egg-socketio] %s: this worker has reached the agent again.', rendezvous.agentEndpoint);
      },
    });
    this.endpoint = createServer(serverOptions);
    this.endpoint.on('upgrade', (req: IncomingMessage, stream: Duplex) => {
      if (isPeerLink(req)) this.peers.accept(req, stream);
    });
  }

  /** The other live workers, also those that cannot be reached at present. */
  siblings(): Iterable<Member> {
    return this.membership.others.values();
  }

  /**
   * Listens, registers, and links to the existing siblings.
   *
   * @param loaded - a digest of what this worker has loaded
   * @return whether it is the first with this digest
   * @throws {SocketIOError} `CLUSTER_UNAVAILABLE`
   */
  async open(loaded?: string): Promise<boolean> {
    ensureFolder(this.rendezvous);
    try {
      await this.rendezvous.sockets.listen(this.endpoint, this.path);
    } catch (cause) {
      throw startupError('CLUSTER_UNAVAILABLE',
        `cannot listen on ${this.path}, on which the other workers would reach this one: ${(cause as Error).message}.`, cause);
    }
    const before = await this.membership.open(loaded);
    await atMost(LINK_LIMIT, Promise.all([ ...this.membership.others.values() ].map(member => this.peers.join(member))));
    return before.every(member => member.loaded !== loaded);
  }

  /**
   * Creates the socket file again if somebody has removed it, as programs do that clean up temporary folders. A worker that starts takes
   * this one for gone without it: the clients here would never get what that worker sends.
   */
  private keepEndpoint(): void {
    const { rendezvous: { folder, sockets }, endpoint, path, logger } = this;
    if (!folder || !endpoint.listening || existsSync(path)) return;
    logger.warn('[egg-socketio] %s: its socket file was removed, so workers that start would not find this one; it is created again.', path);
    endpoint.close();
    sockets.listen(endpoint, path).then(() => this.membership.renew(), error => {
      logger.error('[egg-socketio] %s: cannot be created again: workers that start do not find this one:', path, error);
    });
  }

  /** Removes the worker from the cluster. */
  async close(): Promise<void> {
    this.membership.close();
    // Before the links end: the others then find that nobody listens here any more, and that the worker is gone.
    const closed = this.endpoint.listening && new Promise<void>(resolve => { this.endpoint.close(() => resolve()); });
    await this.peers.close();
    this.endpoint.closeAllConnections();
    await closed;
    if (this.rendezvous.folder) rmSync(this.path, { force: true });
  }
}
