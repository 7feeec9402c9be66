import type { EggLogger } from 'egg';
import type { Server } from 'socket.io';
import { callOwn } from '../own_code';
import type { Refusals } from './refusals';

const DEFAULT = Symbol.for('egg-socketio:ackTimeout');
const PATCHED = Symbol.for('egg-socketio:patched');

/** A server's own time for acks to broadcasts, and what to do about one that has not come, and about a callback that throws. */
interface Default {
  readonly timeout: number;
  readonly onTimeout: (event: string) => void;
  readonly onError: (nsp: string, event: string, thrown: unknown) => void;
}

type Ack = (error: Error | null, ...answers: unknown[]) => void;

/** The parts of Socket.IO's BroadcastOperator that its types keep to themselves. */
interface Operator {
  flags?: { timeout?: number };
  adapter?: { nsp: { name: string; server: { [DEFAULT]?: Default } } };
  emit(event: string, ...args: unknown[]): boolean;
}

function emit(this: Operator, own: Operator['emit'], event: string, args: unknown[]): boolean {
  const ack = args.at(-1) as Ack;
  const nsp = this.adapter?.nsp;
  const preset = nsp?.server[DEFAULT];
  if (typeof ack !== 'function' || !preset) return own.call(this, event, ...args);
  const isOwnTime = this.flags?.timeout !== undefined || preset.timeout === Infinity;
  if (!isOwnTime && this.flags) this.flags = { ...this.flags, timeout: preset.timeout };
  // Called when a client acks, when a worker has answered, and by a timer.
  return own.call(this, event, ...args.slice(0, -1), ((error, ...answers) => {
    if (error && !isOwnTime) preset.onTimeout(event);
    callOwn(ack, undefined, [ error, ...answers ], thrown => preset.onError(nsp!.name, event, thrown));
  }) satisfies Ack);
}

/**
 * Gives broadcasts with an ack and without a `timeout()` a time of their own; Socket.IO lets them time out at once. An error in
 * the callback of an ack stays in it. There is nothing public to do it with: the class of all broadcasts is given a method that
 * looks for the server's time.
 *
 * @param timeout - milliseconds, or `Infinity` for what Socket.IO does
 * @param logger - for errors in callbacks, which are the app's
 */
export function limitBroadcastAcks(io: Server, timeout: number, refusals: Refusals, logger: EggLogger): void {
  (io as { [DEFAULT]?: Default })[DEFAULT] = {
    timeout,
    onTimeout: event => refusals.add('ackTimeout', () => `not all clients acked '${event}' within ${timeout} ms (config.socketio.limits.ackTimeout).`),
    onError: (nsp, event, thrown) => {
      const what = thrown instanceof Error ? thrown.stack : String(thrown);
      logger.error('[egg-socketio] the callback for the acks to the broadcast of \'%s\' in namespace %s threw an error: %s', event, nsp, what);
    },
  };
  const operators = Object.getPrototypeOf(io.to('')) as Operator & { [PATCHED]?: true };
  if (Object.hasOwn(operators, PATCHED)) return;
  const { emit: own } = operators;
  Object.assign(operators, {
    [PATCHED]: true,
    emit(this: Operator, event: string, ...args: unknown[]) { return emit.call(this, own, event, args); },
  });
}
