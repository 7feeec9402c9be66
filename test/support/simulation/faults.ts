import { mock } from 'node:test';
import { JoinBarrier } from '../../../lib/adapter/replicas/join_barrier';
import type { Logged } from '../../../lib/adapter/recovery/packet_log';
import { PacketsHad } from '../../../lib/adapter/recovery/packets_had';
import { Recovery } from '../../../lib/adapter/recovery/recovery';
import { NamespaceReplica } from '../../../lib/adapter/replicas/replica';
import { ReplicaChanges } from '../../../lib/adapter/replicas/replica_changes';
import { WriteOrder } from '../../../lib/internals/write_order';
import { SimulatedMarks } from './worker';

type Methods = Record<string, (...args: never[]) => unknown>;

/** Replaces a method, also a private one, until `mock.restoreAll()`. */
function replace(owner: { readonly prototype: object }, method: string, replacement: (...args: never[]) => unknown): void {
  mock.method(owner.prototype as Methods, method, replacement);
}

/** Mistakes that the simulation has to find: each replaces a method. */
export const FAULTS: Readonly<Record<string, () => void>> = {
  'clients are told before the standby': () => replace(WriteOrder, 'mayWrite', () => true),
  'nobody marks a replica that is behind': () => {
    const { of } = SimulatedMarks.prototype;
    replace(SimulatedMarks, 'of', function(this: SimulatedMarks, ...args: Parameters<typeof of>) {
      return { ...of.apply(this, args), add: () => undefined };
    });
  },
  'a new worker does not wait for what was sent before it joined': () => replace(JoinBarrier, 'wait', (_newcomer: never, task: () => void) => task()),
  'a replica lags behind several senders': () => {
    const { onLogged } = ReplicaChanges.prototype;
    replace(ReplicaChanges, 'onLogged', function(this: ReplicaChanges, packet: Logged) { if (!packet.shared) onLogged.call(this, packet); });
  },
  'changed data is not copied': () => replace(ReplicaChanges, 'check', () => undefined),
  'a session is copied before its connection handlers have finished': () => replace(ReplicaChanges, 'isUnsettled', () => false),
  'a client gets again what it has got elsewhere': () => replace(PacketsHad, 'add', () => undefined),
  'a session is given to another worker, and stays': () => replace(Recovery, 'giveAway', (_pid: never, send: () => boolean) => { send(); }),
  'the order of the log is not copied': () => replace(NamespaceReplica, 'addEntries', () => undefined),
  'what a client was sent elsewhere is forgotten': () => {
    replace(Recovery, 'seenOn', function(this: Recovery) { return this.log.seen; });
  },
};
