import { Agent } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ClientTurns } from './client_turns';
import { ForwardedRequest, type OnUnreachable } from './forwarded_request';
import { type LaneLimits, SiblingLanes } from './sibling_lanes';
import { refuseForNow } from './unavailable';

/** Milliseconds after which an idle connection to a sibling is closed. Here and not there: see private_endpoint.ts. */
const IDLE_LIMIT = 30_000;

/** A request without a response yet. */
interface Underway {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Aborts it. */
  end(): void;
}

/** Forwards requests to siblings, over kept connections. */
export class RequestForwarder {
  private readonly pool: Agent;
  private readonly turns = new ClientTurns();
  private readonly lanes: SiblingLanes;
  private readonly requests = new Set<Underway>();
  private onIdle: (() => void) | undefined;

  /**
   * @param idleLimit - milliseconds after which an idle connection is closed
   * @param lanes - how many requests are under way to each sibling, and wait
   */
  constructor(idleLimit = IDLE_LIMIT, lanes?: LaneLimits) {
    this.pool = new Agent({ keepAlive: true, timeout: idleLimit });
    this.lanes = new SiblingLanes(lanes);
  }

  /**
   * Forwards a request, once those before it on the client's connection are over. If too many are on their way to the sibling, the client
   * is asked to retry.
   *
   * @param endpoint - the sibling's
   * @param expectsContinue - whether the client waits for the owner's 100 Continue before it sends the body
   * @param onUnreachable - has to answer, if the sibling does not
   */
  forward(endpoint: string, req: IncomingMessage, res: ServerResponse, expectsContinue: boolean, onUnreachable: OnUnreachable): void {
    const { socket } = req;
    const lane = `${req.method === 'GET' ? 'poll' : 'other'} ${endpoint}`;
    const underway: Underway = { req, res, end: () => res.destroy() };
    this.requests.add(underway);
    const onOver = () => {
      this.requests.delete(underway);
      if (this.requests.size === 0) this.onIdle?.();
    };
    const pass = () => {
      onOver();
      this.turns.next(socket);
    };
    const onGone = () => {
      this.lanes.withdraw(lane, begin);
      pass();
    };
    const begin = () => {
      req.off('close', onGone);
      const forwarded = new ForwardedRequest({
        endpoint, req, res, expectsContinue, onUnreachable,
        pool: this.pool,
        onOver: () => {
          this.lanes.leave(lane);
          pass();
        },
      });
      underway.end = () => forwarded.end();
      forwarded.start();
    };
    const start = () => {
      req.once('close', onGone);
      if (this.lanes.enter(lane, begin)) return;
      req.off('close', onGone);
      refuseForNow(res);
      pass();
    };
    this.turns.take(req, start, onOver);
  }

  /** The requests without a response yet. */
  get underway(): Iterable<{ req: IncomingMessage; res: ServerResponse }> {
    return this.requests;
  }

  /** Resolves when nothing is in progress. */
  async idle(): Promise<void> {
    if (this.requests.size > 0) await new Promise<void>(resolve => { this.onIdle = resolve; });
  }

  /** Aborts everything in progress. */
  close(): void {
    for (const { end } of [ ...this.requests ]) end();
    this.pool.destroy();
  }
}
