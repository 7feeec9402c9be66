import type { Server } from 'socket.io';
import { callApp, type LogThrown } from '../base/app_code';
import { hasLeft, reportClientAcks } from './client_acks';
import { leftError } from './left_acks';
import type { Refusals } from './refusals';

const DEFAULT = Symbol.for('egg-socketio:ackTimeout');
const PATCHED = Symbol.for('egg-socketio:patched');

/** A server's own time-out for acks to broadcasts, and the handlers for missing acks and for callbacks that throw. */
interface Default {
  readonly timeout: number;
  readonly onTimeout: (event: string) => void;
  readonly onError: (nsp: string, event: string, thrown: unknown) => void;
}

type Ack = (error: Error | null, ...answers: unknown[]) => void;

/** The parts of Socket.IO's BroadcastOperator that are not in its types. */
interface Operator {
  flags?: { timeout?: number };
  adapter?: { nsp: { name: string; server: { [DEFAULT]?: Default } } };
  emit(event: string, ...args: unknown[]): boolean;
  fetchSockets(): Promise<object[]>;
}

/** Calls a callback without the answers of clients that have left. A callback for a single client gets an error instead. */
function callAck(ack: Ack, error: Error | null, answers: unknown[]): unknown {
  const [ all ] = answers;
  if (Array.isArray(all)) return ack(error, all.filter(answer => !hasLeft(answer)));
  return hasLeft(all) ? ack(leftError()) : ack(error, ...answers);
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
    callApp(callAck, undefined, [ ack, error, answers ] as never, thrown => preset.onError(nsp!.name, event, thrown));
  }) satisfies Ack);
}

/**
 * Gives broadcasts with an ack and without a `timeout()` a time-out; in Socket.IO they time out at once. Errors in ack callbacks are
 * contained. There is no public API for this: the class of all broadcasts gets a method that looks up the server's time-out.
 *
 * @param timeout - milliseconds, or `Infinity` for Socket.IO's behaviour
 * @param logThrown - gets errors in the app's callbacks
 */
export function limitBroadcastAcks(io: Server, timeout: number, refusals: Refusals, logThrown: LogThrown): void {
  (io as { [DEFAULT]?: Default })[DEFAULT] = {
    timeout,
    onTimeout: event => refusals.add('ackTimeout', () => `not all clients acked '${event}' within ${timeout} ms (config.socketio.limits.ackTimeout).`),
    onError: (nsp, event, thrown) => {
      logThrown(thrown, `the callback for the acks to the broadcast of '${event}' in namespace ${nsp} threw an error`);
    },
  };
  const operators = Object.getPrototypeOf(io.to('')) as Operator & { [PATCHED]?: true };
  if (Object.hasOwn(operators, PATCHED)) return;
  const { emit: own } = operators;
  Object.assign(operators, {
    [PATCHED]: true,
    emit(this: Operator, event: string, ...args: unknown[]) { return emit.call(this, own, event, args); },
  });
  reportClientAcks();
  completeRemotes(operators);
}

/** A socket of another worker, as `fetchSockets()` returns it. */
interface Remote {
  readonly operator: { emitWithAck(...args: unknown[]): Promise<unknown> };
}

function emitWithAck(this: Remote, ...args: unknown[]): Promise<unknown> {
  return this.operator.emitWithAck(...args);
}

/**
 * `fetchSockets()` returns sockets of this worker, which have an `emitWithAck()`, and sockets of others, which have none in Socket.IO.
 */
function completeRemotes(operators: Operator): void {
  const { fetchSockets: own } = operators;
  operators.fetchSockets = async function(this: Operator) {
    const sockets = await own.call(this);
    const remote = sockets.find(socket => 'operator' in socket && !('emitWithAck' in socket));
    if (remote) Object.defineProperty(Object.getPrototypeOf(remote), 'emitWithAck', { value: emitWithAck, configurable: true, writable: true });
    return sockets;
  };
}
