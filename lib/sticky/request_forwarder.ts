import { Agent } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ForwardedRequest, type OnUnreachable } from './forwarded_request';

/** Milliseconds after which an idle connection to a sibling is closed. Here and not there: see private_endpoint.ts. */
const IDLE_LIMIT = 30_000;

/** Forwards requests to siblings, over connections that are kept for later ones. */
export class RequestForwarder {
  private readonly pool: Agent;
  private readonly requests = new Map<ForwardedRequest, { req: IncomingMessage; res: ServerResponse }>();
  private onIdle: (() => void) | undefined;

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
      onOver: () => {
        this.requests.delete(forwarded);
        if (this.requests.size === 0) this.onIdle?.();
      },
    });
    this.requests.set(forwarded, { req, res });
    forwarded.start();
  }

  /** The requests that are not answered yet. */
  get underway(): readonly { req: IncomingMessage; res: ServerResponse }[] {
    return [ ...this.requests.values() ];
  }

  /** Resolves once nothing is under way. */
  async idle(): Promise<void> {
    if (this.requests.size > 0) await new Promise<void>(resolve => { this.onIdle = resolve; });
  }

  /** Ends what is under way. */
  close(): void {
    for (const forwarded of this.requests.keys()) forwarded.end();
    this.pool.destroy();
  }
}
