import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { debugOf } from '../base/debug';
import { isGone } from '../base/gone_errors';
import { Once } from '../base/once';
import type { ForwardMessage } from '../types/observation';
import { SILENCE, type Teller } from '../telemetry/observation/signal';
import { isForNow } from './busy_retry';
import type { LocalSessions, MovingSessions, Siblings, StickyLogger } from './port';
import { RequestForwarder } from './request_forwarder';
import { sidOfUrl, tagOf } from './session_id';
import { refuseForNow, refuseUpgradeForNow } from './unavailable';
import { UpgradeForwarder } from './upgrade_forwarder';

const debug = debugOf('routing');

/** A session of another worker. */
interface Elsewhere {
  readonly sid: string;
  /** The tag of that worker. */
  readonly tag: string;
}

/**
 * Routes each request to the worker that owns its session: this one, or a sibling, by the tag. A request that cannot be routed stays
 * here, where the session is unknown, and gets Engine.IO's response for that; unless the problem is temporary.
 */
export class SessionRouter implements LocalSessions {
  private readonly requests = new RequestForwarder();
  private readonly upgrades = new UpgradeForwarder();
  private readonly warned = new Once();
  /** Set while the worker stops: the sibling that gets new clients, if there is one. */
  private newcomersTo: (() => string | undefined) | undefined;

  /**
   * @param moving - default: sessions stay where they began
   * @param forwarded - is notified about forwarded requests
   */
  constructor(
    private readonly siblings: Siblings,
    private readonly local: LocalSessions,
    private readonly logger: StickyLogger,
    private readonly moving?: MovingSessions,
    private readonly forwarded: Teller<ForwardMessage> = SILENCE,
  ) {}

  /** Handles requests that siblings forward to this worker; they go no further, unless their session has. */
  readonly fromSiblings: LocalSessions = {
    request: (req, res) => {
      const elsewhere = this.movedFrom(req);
      if (elsewhere) this.forward(elsewhere, req, res, false);
      else this.local.request(req, res);
    },
    upgrade: (req, socket, head) => {
      const elsewhere = this.movedFrom(req);
      if (elsewhere) this.relay(elsewhere, req, socket, head);
      else this.local.upgrade(req, socket, head);
    },
  };

  /** The place of the session of a client's request, if it is not here. */
  elsewhere(req: IncomingMessage): Elsewhere | undefined {
    const sid = sidOfUrl(req.url!);
    if (!sid) return undefined;
    const tag = tagOf(sid) === this.siblings.tag ? this.moving?.whereTo(sid) : tagOf(sid);
    return tag === undefined ? undefined : { sid, tag };
  }

  /**
   * Forwards new clients to a sibling, and takes no session over any more. Existing sessions continue, but their clients are asked to use
   * another connection next time.
   *
   * @param newcomersTo - the tag of a live sibling; without one they stay here
   */
  retire(newcomersTo: () => string | undefined): void {
    this.newcomersTo = newcomersTo;
    for (const { res } of this.requests.underway) res.shouldKeepAlive = false;
  }

  /** The sessions that siblings own and whose polls wait for data there: their ids by the siblings' tags. */
  openPolls(): Map<string, string[]> {
    const polls = new Map<string, string[]>();
    for (const { req } of this.requests.underway) {
      const elsewhere = req.method === 'GET' ? this.elsewhere(req) : undefined;
      if (!elsewhere) continue;
      const { sid, tag } = elsewhere;
      polls.set(tag, [ ...polls.get(tag) ?? [], sid ]);
    }
    return polls;
  }

  /** Functions that break each connection that is relayed to a sibling. */
  get relays(): readonly (() => void)[] {
    return this.upgrades.relays;
  }

  /** The number of connections that are currently relayed to siblings. */
  get relayed(): number {
    return this.upgrades.relayed;
  }

  /** Resolves when no forwarded request waits for its response. */
  async idle(): Promise<void> {
    await this.requests.idle();
  }

  /** Handles a request from a client. */
  request(req: IncomingMessage, res: ServerResponse): void {
    if (this.newcomersTo) res.shouldKeepAlive = false;
    const elsewhere = this.elsewhere(req) ?? this.newHome(req);
    if (elsewhere) this.forward(elsewhere, req, res, false);
    else this.local.request(req, res);
  }

  /**
   * Handles a request with `Expect: 100-continue` from a client that has no answer to that yet. The owner sends it, so a client that has
   * it knows that its request has arrived there.
   */
  continue(req: IncomingMessage, res: ServerResponse): void {
    const elsewhere = this.elsewhere(req);
    if (elsewhere) {
      this.forward(elsewhere, req, res, true);
      return;
    }
    res.writeContinue();
    this.local.request(req, res);
  }

  /** Handles an upgrade from a client. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A worker that is about to go would relay it; if it is refused, its client keeps polling.
    const elsewhere = this.newcomersTo ? undefined : this.elsewhere(req);
    // Engine.IO refuses everything but WebSockets, so there is no need to ask a sibling.
    if (!elsewhere || req.headers.upgrade?.toLowerCase() !== 'websocket') {
      this.local.upgrade(req, socket, head);
      return;
    }
    const { sid, tag } = elsewhere;
    if (!this.moving || tagOf(sid) === this.siblings.tag) {
      this.relay(elsewhere, req, socket, head);
      return;
    }
    // Nobody else listens to the socket until the owner has answered.
    socket.on('error', () => socket.destroy());
    this.moving.upgrade(req, socket, head, sid, tag).then(taken => {
      if (!taken) this.relay(elsewhere, req, socket, head);
    }).catch((error: Error) => {
      this.explain(error, sid, tag);
      socket.destroy();
    });
  }

  /** Aborts everything that is being forwarded. */
  close(): void {
    this.requests.close();
    this.upgrades.close();
  }

  private movedFrom(req: IncomingMessage): Elsewhere | undefined {
    const elsewhere = this.moving && this.elsewhere(req);
    return elsewhere && tagOf(elsewhere.sid) === this.siblings.tag ? elsewhere : undefined;
  }

  /** The sibling for a new client, if it cannot stay here. */
  private newHome(req: IncomingMessage): Elsewhere | undefined {
    const tag = sidOfUrl(req.url!) ? undefined : this.newcomersTo?.();
    return tag === undefined ? undefined : { sid: '', tag };
  }

  private forward({ sid, tag }: Elsewhere, req: IncomingMessage, res: ServerResponse, expectsContinue: boolean): void {
    this.tell('request', sid, tag);
    this.requests.forward(this.siblings.endpointOf(tag), req, res, expectsContinue, error => {
      this.explain(error, sid, tag);
      if (isForNow(error)) refuseForNow(res);
      else this.local.request(req, res);
    });
  }

  private relay({ sid, tag }: Elsewhere, req: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.tell('relay', sid, tag);
    this.upgrades.forward(this.siblings.endpointOf(tag), req, socket as Socket, head, error => {
      this.explain(error, sid, tag);
      if (isForNow(error)) refuseUpgradeForNow(socket);
      else this.local.upgrade(req, socket, head);
    });
  }

  private tell(kind: ForwardMessage['kind'], sid: string, to: string): void {
    debug('%s of session %j goes to worker %s', kind, sid, to);
    if (this.forwarded.isHeard) this.forwarded.tell({ sid: sid || undefined, to, kind });
  }

  /** A sibling that is gone is not logged; anything else is, once. */
  private explain(error: NodeJS.ErrnoException, sid: string, tag: string): void {
    debug('worker %s, which owns session %j, cannot be reached: %s', tag, sid, error.message);
    const code = error.code ?? error.name;
    if (isGone(error) || !this.warned.isFirst(code)) return;
    if (isForNow(error)) {
      this.logger.warn('[egg-socketio] cannot connect to the worker that owns a session (%s), after many attempts; the request is answered 503, and the session stays. %s Further cases of this kind are not logged.',
        error.message, code === 'EAGAIN' ? 'That worker is blocked or overloaded.' : 'Allow this process more open files (ulimit -n), or look for what keeps them open.');
      return;
    }
    this.logger.warn('[egg-socketio] cannot forward a request to the worker that owns its session (%s); its client has to connect again. Further cases of this kind are not logged.', error.message);
  }
}
