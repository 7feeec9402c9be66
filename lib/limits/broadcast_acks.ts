import type { Server } from 'socket.io';
import { Adapter } from 'socket.io-adapter';
import { callApp, type LogThrown } from '../base/app_code';
import { endIfLeft, leftError } from './left_acks';
import type { Refusals } from './refusals';

const DEFAULT = Symbol.for('egg-socketio:ackTimeout');
const PATCHED = Symbol.for('egg-socketio:patched');

/** What a worker acks in place of a client that has left. It goes through every adapter, as an answer of the client's would. */
const LEFT = 'egg-socketio:left';

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
  fetchSockets(): Promise<object[]>;
}

function hasLeft(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && LEFT in answer;
}

/** Calls a callback without the answers of those who have left. One that was for a single client gets an error in place of that. */
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
 * Gives broadcasts with an ack and without a `timeout()` a time of their own; Socket.IO lets them time out at once. An error in
 * the callback of an ack stays in it. There is nothing public to do it with: the class of all broadcasts is given a method that
 * looks for the server's time.
 *
 * @param timeout - milliseconds, or `Infinity` for what Socket.IO does
 * @param logThrown - takes errors in callbacks, which are the app's
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
  markAcks();
  completeRemotes(operators);
}

interface AckingAdapter {
  broadcastWithAck(packet: unknown, opts: unknown, count: unknown, ack: (answer: unknown) => void): void;
}

/** Each adapter has the clients of its own worker asked by this class, whoever wants to know. */
function markAcks(): void {
  const adapters = Adapter.prototype as unknown as AckingAdapter;
  const { broadcastWithAck: own } = adapters;
  adapters.broadcastWithAck = function(packet, opts, count, ack) {
    own.call(this, packet, opts, count, endIfLeft((answer: unknown) => ack(answer), () => ack({ [LEFT]: true })));
  };
}

/** A socket of another worker, as `fetchSockets()` gives it. */
interface Remote {
  readonly operator: { emitWithAck(...args: unknown[]): Promise<unknown> };
}

function emitWithAck(this: Remote, ...args: unknown[]): Promise<unknown> {
  return this.operator.emitWithAck(...args);
}

/** `fetchSockets()` gives sockets of this worker, which have an `emitWithAck()`, and those of others, to which Socket.IO gives none. */
function completeRemotes(operators: Operator): void {
  const { fetchSockets: own } = operators;
  operators.fetchSockets = async function(this: Operator) {
    const sockets = await own.call(this);
    const remote = sockets.find(socket => 'operator' in socket && !('emitWithAck' in socket));
    if (remote) Object.defineProperty(Object.getPrototypeOf(remote), 'emitWithAck', { value: emitWithAck, configurable: true, writable: true });
    return sockets;
  };
}
