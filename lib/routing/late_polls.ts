import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transport } from 'engine.io';
import { sharedTime } from './client_address';

/**
 * How many times, and for how many milliseconds each, the end of a session waits for the poll that its client may have sent with the
 * close packet: a process that had to wait for a processor must first read what has arrived in the meantime.
 */
const WAITS = 5;
const WAIT = 40;
/** Microseconds that a poll may take from a sibling to here. */
const GRACE = 2_000_000;
/** The number of remembered sessions; beyond it the oldest is forgotten. */
const MOST = 10_000;

/** A request as Engine.IO passes it on. */
export type EngineRequest = IncomingMessage & { _query: Record<string, string>; res: ServerResponse };
type PollingTransport = Transport & { sid?: string; dataRes?: ServerResponse | null; onClose(): void; onPacket(packet: object): void };

/**
 * Calls `end` when a poll arrives, or soon. Until then the close packet is not answered, and packets after it are ignored: for its client
 * the session has ended.
 */
function awaitPoll(transport: PollingTransport, res: ServerResponse, end: () => void): void {
  const send = res.end.bind(res) as (...args: unknown[]) => ServerResponse;
  let answer: (() => void) | undefined;
  res.end = ((...args: unknown[]) => {
    answer = () => send(...args);
    return res;
  }) as typeof res.end;
  transport.onClose = transport.onPacket = () => undefined;
  let waits = 0;
  let timer: NodeJS.Timeout | undefined;
  const finish = () => {
    clearTimeout(timer);
    transport.off('ready', finish);
    if (transport.readyState !== 'closed') end();
    answer?.();
  };
  const wait = () => {
    if (waits++ < WAITS) timer = setTimeout(wait, WAIT);
    else finish();
  };
  wait();
  transport.once('ready', finish);
}

/**
 * A client may send a poll and a close packet at the same time, on two connections. In one process the poll arrives first, and gets a
 * noop. On two paths they can change places. So a session that its client closes while no poll is open waits for it a moment, before the
 * close packet is answered; and if the poll arrives even later although it was sent earlier, it still gets that noop. A poll that was sent
 * after the close packet had been answered gets nothing.
 */
export class LatePolls {
  /** When sessions were closed by their clients while no poll was open, by their ids; the oldest first. */
  private readonly closed = new Map<string, number>();

  /**
   * @param arrivalOf - when a request that came through a sibling reached that; `undefined` for any other
   */
  constructor(private readonly arrivalOf: (req: IncomingMessage) => number | undefined) {}

  /** Watches how the client of a new transport closes its session. */
  watch(created: Transport): void {
    if (created.name !== 'polling') return;
    const transport = created as PollingTransport;
    const { onClose } = transport;
    const end = () => {
      if (transport.readyState === 'open' && !transport.writable && transport.sid) this.remember(transport.sid);
      onClose.call(transport);
    };
    transport.onClose = () => {
      // Open until now: the client closes. Not writable: there is no poll to be answered.
      const res = transport.readyState === 'open' && !transport.writable && transport.dataRes;
      if (res) awaitPoll(transport, res, end);
      else end();
    };
  }

  /** Whether a request is a late poll, which {@link answer} then has to answer. */
  isLate(req: EngineRequest, upgrade: boolean): boolean {
    const { sid, transport } = req._query;
    return !upgrade && Boolean(sid) && req.method === 'GET' && transport === 'polling' && this.take(sid, req);
  }

  /** Answers a late poll through a transport of its own. */
  answer(req: EngineRequest, transport: Transport, engine: EventEmitter): void {
    transport.on('headers', (headers: object, of: EngineRequest) => engine.emit('headers', headers, of));
    transport.onRequest(req);
    transport.send([{ type: 'noop' }]);
  }

  private remember(sid: string): void {
    const now = sharedTime();
    for (const [ old, closedAt ] of this.closed) {
      if (now - closedAt < GRACE && this.closed.size < MOST) break;
      this.closed.delete(old);
    }
    this.closed.set(sid, now);
  }

  private take(sid: string, req: IncomingMessage): boolean {
    const closedAt = this.closed.get(sid);
    if (closedAt === undefined) return false;
    return (this.arrivalOf(req) ?? Infinity) < closedAt && this.closed.delete(sid);
  }
}
