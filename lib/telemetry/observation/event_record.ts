import { ACKED, type SocketContext, STREAM } from '../../context/socket_context';
import type { Socket } from 'socket.io';
import type { EventMessage, EventOutcome, HandlerKind } from '../../types/observation';

const OUTCOMES: Readonly<Record<string, EventOutcome | undefined>> = {
  FORBIDDEN: 'refused',
  VALIDATION_FAILED: 'refused',
  RATE_LIMITED: 'refused',
  EVENT_NOT_FOUND: 'unknown',
  HANDLER_TIMEOUT: 'timeout',
  STREAM_IDLE: 'timeout',
};

/** Everything that is known of an event before it runs. */
export interface EventFacts {
  readonly kind: HandlerKind;
  readonly event: string;
  readonly pattern: string | undefined;
  readonly socket: Socket;
  readonly handler: string | undefined;
  readonly ctx: SocketContext | undefined;
  readonly wantsAck: boolean;
}

/** The published record of one event. */
export class EventRecord implements EventMessage {
  readonly kind: HandlerKind;
  readonly nsp: string;
  readonly event: string;
  readonly pattern: string | undefined;
  readonly socket: Socket;
  readonly handler: string | undefined;
  readonly ctx: SocketContext | undefined;
  readonly wantsAck: boolean;
  readonly startedAt = performance.now();
  duration: number | undefined = undefined;
  outcome: EventOutcome | undefined = undefined;
  code: string | undefined = undefined;
  error: unknown = undefined;

  constructor({ kind, event, pattern, socket, handler, ctx, wantsAck }: EventFacts) {
    this.kind = kind;
    this.nsp = socket.nsp.name;
    this.event = event;
    this.pattern = pattern;
    this.socket = socket;
    this.handler = handler;
    this.ctx = ctx;
    this.wantsAck = wantsAck;
  }

  /** Something was thrown. The event has not ended until the client gets the error. */
  fail(code: string, error: unknown): void {
    this.code = code;
    this.error = error;
  }

  /** It has ended. */
  end(): void {
    this.duration = performance.now() - this.startedAt;
    this.outcome = this.code === undefined ? this.success : Object.hasOwn(OUTCOMES, this.code) ? OUTCOMES[this.code] : 'failed';
  }

  private get success(): EventOutcome {
    if (this.kind !== 'message') return 'done';
    if (!this.socket.connected && !this.ctx?.[STREAM]?.outlivesClient) return 'gone';
    if (!this.wantsAck) return 'done';
    return this.ctx?.[ACKED] ? 'acked' : 'unacked';
  }
}
