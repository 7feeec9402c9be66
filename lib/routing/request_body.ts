import type { ClientRequest, IncomingMessage } from 'node:http';
import { lengthOf } from './hop_headers';

/** Bytes of a body that may be kept for a repetition. Socket.IO's packets are rarely larger. */
const MOST_KEPT = 65_536;

/** The body of a client's request, on its way to the owner of its session. */
export class RequestBody {
  /** Whether there is none. */
  readonly isEmpty: boolean;
  /** Whether it can be sent again. */
  readonly isRepeatable: boolean;
  private kept: Buffer[] | undefined;

  constructor(private readonly req: IncomingMessage) {
    const length = req.headers['transfer-encoding'] === undefined ? Number(lengthOf(req) ?? 0) : Infinity;
    this.isEmpty = length === 0;
    this.isRepeatable = length <= MOST_KEPT;
  }

  /** Sends it, from its beginning. */
  sendTo(out: ClientRequest): void {
    if (this.isEmpty) {
      out.end();
      return;
    }
    for (const chunk of this.kept ?? []) out.write(chunk);
    if (this.isRepeatable && !this.kept) {
      const kept: Buffer[] = this.kept = [];
      this.req.on('data', (chunk: Buffer) => kept.push(chunk));
    }
    this.req.pipe(out);
  }

  /** Stops sending. */
  keepFrom(out: ClientRequest): void {
    this.req.unpipe(out);
  }

  /** Discards the rest of it. */
  discard(): void {
    this.req.resume();
  }
}
