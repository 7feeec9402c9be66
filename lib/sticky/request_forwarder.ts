import { Agent } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ForwardedRequest, type OnUnreachable } from './forwarded_request';

/** Milliseconds after which an idle connection to a sibling is closed. Here and not there: see private_endpoint.ts. */
const IDLE_LIMIT = 30_000;

/** Forwards requests to siblings, over connections that are kept for later ones. */
export class RequestForwarder {
  private readonly pool: Agent;
  private readonly underway = new Set<ForwardedRequest>();

  /** @param idleLimit - milliseconds after which an idle connection is closed */
  constructor(idleLimit = IDLE_LIMIT) {
    this.pool = new Agent({ keepAlive: true, timeout: idleLimit });
  }

  /**
   * Forwards a request.
   *
   * @param endpoint - the sibling's
   * @param expectsContinue - whether the client waits for the owner's word before it sends the body
   * @param onUnreachable - has to answer, if the sibling does not
   */
  forward(endpoint: string, req: IncomingMessage, res: ServerResponse, expectsContinue: boolean, onUnreachable: OnUnreachable): void {
    const forwarded = new ForwardedRequest({
      endpoint, req, res, expectsContinue, onUnreachable,
      pool: this.pool,
      onOver: () => this.underway.delete(forwarded),
    });
    this.underway.add(forwarded);
    forwarded.start();
  }

  /** Ends what is under way. */
  close(): void {
    for (const forwarded of this.underway) forwarded.end();
    this.pool.destroy();
  }
}
