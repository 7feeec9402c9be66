import type { Socket } from 'socket.io';
import type { RawAck } from '../../context/socket_context';
import { pendingAcksOf } from '../../context/pending_acks';
import { Deadline, type Deadlines } from '../../limits/deadlines';

const ANSWER = Symbol('ack#answer');
const OPEN = Symbol('Socket#openAcks');

/** The number of open acks of one socket: an app that only logs events in `onAny()` must not keep more for a client. */
const MOST_OPEN = 1000;

interface Answer {
  isGiven: boolean;
  onGiven?(): void;
}

/** An ack that `onAny()` listeners have; it is unknown whether they will call it. */
type SharedAck = RawAck & { readonly [ANSWER]: Answer };

/** The plugin's own `onAny()` listeners. */
const OWN = new WeakSet<object>();

/** Marks an `onAny()` listener as the plugin's: it does not call acks. */
export function markPluginListener<T extends object>(listener: T): T {
  OWN.add(listener);
  return listener;
}

/** Whether a listener is the plugin's. */
export function isPluginListener(listener: object): boolean {
  return OWN.has(listener);
}

/** Makes an ack that can be awaited. */
export function shareAck(ack: RawAck): RawAck {
  const answer: Answer = { isGiven: false };
  const shared = (...values: unknown[]): void => {
    // This comes first: a value that cannot be encoded throws, and the client still has no ack then.
    ack(...values as Parameters<RawAck>);
    if (answer.isGiven) return;
    answer.isGiven = true;
    answer.onGiven?.();
  };
  return Object.assign(shared, { [ANSWER]: answer }) satisfies SharedAck;
}

type Holder = Socket & { [OPEN]?: Set<OpenAck> };

function openAcksOf(socket: Socket): Set<OpenAck> {
  return (socket as Holder)[OPEN] ??= new Set();
}

/** An event that `onAny()` listeners may still answer; a stop waits for it like for other missing acks. */
class OpenAck extends Deadline {
  constructor(private readonly socket: Socket, private readonly event: string, private readonly refuse: () => void) {
    super(`the ack of '${event.slice(0, 100)}' in ${socket.nsp.name.slice(0, 100)}, which only onAny() listeners have received,`);
    openAcksOf(socket).add(this);
    pendingAcksOf(socket).add(event);
  }

  /** The name of a missing ack at a stop. */
  override get name(): string { return `${this.event} in ${this.socket.nsp.name} (its ack)`; }

  expire(): void { this.refuse(); }

  /** It was called, or nobody is there to get it. */
  close(): void {
    if (openAcksOf(this.socket).delete(this)) pendingAcksOf(this.socket).remove(this.event);
  }
}

/**
 * Answers an event that only `onAny()` listeners have got. If they have its ack, it is answered when their time is over, because they may
 * ack later, and not at all if they have acked.
 */
export function refuseUnanswered(socket: Socket, event: string, ack: RawAck | undefined, deadlines: Deadlines, refuse: () => void): void {
  const answer = (ack as Partial<SharedAck> | undefined)?.[ANSWER];
  if (answer?.isGiven) return;
  if (!answer || openAcksOf(socket).size >= MOST_OPEN) {
    refuse();
    return;
  }
  const openAck = new OpenAck(socket, event, refuse);
  answer.onGiven = () => {
    deadlines.end(openAck);
    openAck.close();
  };
  deadlines.start(openAck);
}

/** A socket has left, so its acks are no longer awaited. */
export function closeOpenAcks(socket: Socket, deadlines: Deadlines): void {
  for (const openAck of (socket as Holder)[OPEN] ?? []) {
    deadlines.end(openAck);
    openAck.close();
  }
}
