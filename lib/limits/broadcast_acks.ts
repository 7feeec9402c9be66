import type { Server } from 'socket.io';
import type { Refusals } from './refusals';

const DEFAULT = Symbol.for('egg-socketio:ackTimeout');
const PATCHED = Symbol.for('egg-socketio:patched');

/** A server's own time for acks to broadcasts, and what to do about one that has not come. */
interface Default {
  readonly timeout: number;
  readonly onTimeout: (event: string) => void;
}

type Ack = (error: Error | null, ...answers: unknown[]) => void;

/** The parts of Socket.IO's BroadcastOperator that its types keep to themselves. */
interface Operator {
  flags?: { timeout?: number };
  adapter?: { nsp: { server: { [DEFAULT]?: Default } } };
  emit(event: string, ...args: unknown[]): boolean;
}

function emit(this: Operator, own: Operator['emit'], event: string, args: unknown[]): boolean {
  const ack = args.at(-1) as Ack;
  const preset = this.adapter?.nsp.server[DEFAULT];
  if (typeof ack !== 'function' || !preset || !this.flags || this.flags.timeout !== undefined) return own.call(this, event, ...args);
  this.flags = { ...this.flags, timeout: preset.timeout };
  return own.call(this, event, ...args.slice(0, -1), ((error, ...answers) => {
    if (error) preset.onTimeout(event);
    ack(error, ...answers);
  }) satisfies Ack);
}

/**
 * Gives broadcasts with an ack and without a `timeout()` a time of their own; Socket.IO lets them time out at once. There is
 * nothing public to do it with: the class of all broadcasts is given a method that looks for the server's time.
 *
 * @param timeout - milliseconds
 */
export function limitBroadcastAcks(io: Server, timeout: number, refusals: Refusals): void {
  if (timeout === Infinity) return;
  (io as { [DEFAULT]?: Default })[DEFAULT] = {
    timeout,
    onTimeout: event => refusals.add('ackTimeout', () => `not all clients acked '${event}' within ${timeout} ms (config.socketio.limits.ackTimeout).`),
  };
  const operators = Object.getPrototypeOf(io.to('')) as Operator & { [PATCHED]?: true };
  if (Object.hasOwn(operators, PATCHED)) return;
  const { emit: own } = operators;
  Object.assign(operators, {
    [PATCHED]: true,
    emit(this: Operator, event: string, ...args: unknown[]) { return emit.call(this, own, event, args); },
  });
}
