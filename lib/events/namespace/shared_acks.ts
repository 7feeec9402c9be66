import type { Socket } from 'socket.io';
import type { RawAck } from '../../context/socket_context';
import { pendingAcksOf } from '../../context/pending_acks';
import { Deadline, type Deadlines } from '../../limits/deadlines';

const ANSWER = Symbol('ack#answer');
const OPEN = Symbol('Socket#openAcks');

/** Acks of one socket that may be open at a time: an app that only logs events in `onAny()` must not keep more for a client. */
const MOST_OPEN = 1000;

interface Answer {
  isGiven: boolean;
  onGiven?(): void;
}

/** An ack that listeners of `onAny()` were handed, of which nobody knows whether they will call it. */
type SharedAck = RawAck & { readonly [ANSWER]: Answer };

/** Listeners of `onAny()` that are the plugin's. */
const OWN = new WeakSet<object>();

/** Marks a listener of `onAny()` as the plugin's: it does not answer. */
export function markPluginListener<T extends object>(listener: T): T {
  OWN.add(listener);
  return listener;
}

/** Whether a listener is the plugin's. */
export function isPluginListener(listener: object): boolean {
  return OWN.has(listener);
}

/** Makes an ack one that can be waited for. */
export function shareAck(ack: RawAck): RawAck {
  const answer: Answer = { isGiven: false };
  const shared = (...values: unknown[]): void => {
    // First: a value that cannot be encoded throws, and the client still has no ack then.
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

/** An event that listeners of `onAny()` may still answer; a stop waits for it as for other answers that are owed. */
class OpenAck extends Deadline {
  constructor(private readonly socket: Socket, private readonly event: string, private readonly refuse: () => void) {
    super(`the ack of '${event.slice(0, 100)}' in ${socket.nsp.name.slice(0, 100)}, which only onAny() listeners have received,`);
    openAcksOf(socket).add(this);
    pendingAcksOf(socket).add(event);
  }

  /** As a stop names an answer that is missing. */
  override get name(): string { return `${this.event} in ${this.socket.nsp.name} (its ack)`; }

  expire(): void { this.refuse(); }

  /** It is given, or nobody is there to get it. */
  close(): void {
    if (openAcksOf(this.socket).delete(this)) pendingAcksOf(this.socket).remove(this.event);
  }
}

/**
 * Refuses an event that nobody but listeners of `onAny()` has heard. One whose ack they were handed is refused only when their
 * time is over, because they may ack it later, and not at all if they have acked it.
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

/** A socket has left: its acks are not waited for any more. */
export function closeOpenAcks(socket: Socket, deadlines: Deadlines): void {
  for (const openAck of (socket as Holder)[OPEN] ?? []) {
    deadlines.end(openAck);
    openAck.close();
  }
}
