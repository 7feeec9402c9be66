import { type Agent, type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { BusyRetry } from './busy_retry';
import { CLIENT_HEADER, describeClient } from './client_address';
import { endToEndHeaders, lengthOf } from './hop_headers';
import { RequestBody } from './request_body';

/**
 * The maximum size of the headers of a response. The owner is trusted, and without a sibling between them its client would accept more.
 */
const LARGEST_ANSWER_HEAD = 1_048_576;

/** Handles a request or an upgrade that cannot be passed to the owner of its session. */
export type OnUnreachable = (error: Error) => void;

/** The parts that forwarding one request needs. */
export interface Forwarding {
  readonly endpoint: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly expectsContinue: boolean;
  /** Kept connections, for requests that may be repeated. */
  readonly pool: Agent;
  readonly onUnreachable: OnUnreachable;
  /** Called exactly once. */
  onOver(): void;
}

/** One request of a client on its way to the owner of its session, and the response on its way back. */
export class ForwardedRequest {
  private readonly body: RequestBody;
  private readonly headers: string[];
  private readonly busy = new BusyRetry();
  private out: ClientRequest | undefined;
  private repeated = false;
  private answered = false;
  private over = false;

  constructor(private readonly forwarding: Forwarding) {
    const { req, expectsContinue } = forwarding;
    this.body = new RequestBody(req);
    // The private header comes first: a server drops headers beyond its limit.
    this.headers = [ CLIENT_HEADER, describeClient(req), ...endToEndHeaders(req, lengthOf(req)), 'Connection', 'keep-alive' ];
    if (req.headers['transfer-encoding'] !== undefined) this.headers.push('Transfer-Encoding', 'chunked');
    if (expectsContinue) this.headers.push('Expect', '100-continue');
  }

  start(): void {
    const { req, res } = this.forwarding;
    req.on('close', this.onRequestClose);
    res.on('close', this.onResponseClose);
    this.attempt();
  }

  /** Releases both sides. */
  end(): void {
    this.finish();
    this.out?.destroy();
    this.forwarding.res.destroy();
  }

  /**
   * A kept connection may be closed at the other end just when it is reused; then the request is repeated. A request that cannot be
   * repeated uses a connection of its own, and so does a repeated one.
   */
  private attempt(): void {
    const { endpoint, req, res, pool } = this.forwarding;
    const agent = this.body.isRepeatable && !this.repeated ? pool : false;
    let out: ClientRequest;
    try {
      out = request({
        agent, socketPath: endpoint, method: req.method, path: req.url, headers: this.headers, maxHeaderSize: LARGEST_ANSWER_HEAD,
      });
      out.maxHeadersCount = 0;
    } catch (error) {
      // A client may send headers that Node's client does not send.
      this.giveUp(error as Error);
      return;
    }
    this.out = out;
    out.once('response', incoming => this.answer(out, incoming));
    if (this.forwarding.expectsContinue) out.once('continue', () => { if (!this.over) res.writeContinue(); });
    out.on('error', (error: NodeJS.ErrnoException) => this.fail(out, error));
    if (this.body.isEmpty) {
      this.body.sendTo(out);
      return;
    }
    // Until the owner has accepted the connection, the body stays where it is and may go elsewhere.
    const send = () => { if (!this.over) this.body.sendTo(out); };
    out.once('socket', socket => {
      if (socket.connecting) socket.once('connect', send);
      else send();
    });
  }

  private answer(out: ClientRequest, incoming: IncomingMessage): void {
    if (this.over) return;
    this.answered = true;
    const { res } = this.forwarding;
    const refused = !out.writableEnded;
    if (refused) {
      // The owner does not want the rest of the body, and the client may still be sending it.
      this.body.keepFrom(out);
      this.body.discard();
    }
    incoming.once('end', () => {
      this.finish();
      if (refused) out.destroy();
    });
    incoming.once('error', () => this.end());
    res.writeHead(incoming.statusCode!, incoming.statusMessage, endToEndHeaders(incoming, lengthOf(incoming)));
    incoming.pipe(res);
  }

  private fail(out: ClientRequest, error: NodeJS.ErrnoException): void {
    if (this.over) return;
    this.body.keepFrom(out);
    if (this.answered) {
      this.end();
    } else if (this.busy.isBusy(error)) {
      this.busy.later(() => this.attempt());
    } else if (out.reusedSocket && !this.repeated) {
      this.repeated = true;
      this.attempt();
    } else {
      this.giveUp(error);
    }
  }

  private giveUp(error: Error): void {
    this.finish();
    this.forwarding.onUnreachable(error);
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    const { req, res, onOver } = this.forwarding;
    req.off('close', this.onRequestClose);
    res.off('close', this.onResponseClose);
    this.busy.cancel();
    onOver();
  }

  /** For a request with a body, this event also follows when all of it was read. */
  private readonly onRequestClose = (): void => {
    if (this.body.isEmpty || !this.forwarding.req.complete) this.abandon();
  };

  /** This event also follows a response that was sent completely; but by then the forwarding is over. */
  private readonly onResponseClose = (): void => this.abandon();

  /** The client has left, and the owner must notice that. */
  private abandon(): void {
    this.finish();
    this.out?.destroy();
  }
}
