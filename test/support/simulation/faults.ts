import { mock } from 'node:test';
import { JoinBarrier } from '../../../lib/adapter/replicas/join_barrier';
import type { Logged } from '../../../lib/adapter/recovery/packet_log';
import { PacketsHad } from '../../../lib/adapter/recovery/packets_had';
import { Recovery } from '../../../lib/adapter/recovery/recovery';
import { NamespaceReplica } from '../../../lib/adapter/replicas/replica';
import { ReplicaChanges } from '../../../lib/adapter/replicas/replica_changes';
import { Replicator } from '../../../lib/adapter/replicas/replicator';
import type { DirectoryMessage } from '../../../lib/cluster/directory';
import { Membership } from '../../../lib/cluster/membership';
import { PeerLink } from '../../../lib/cluster/peer_link';
import { PeerLinks } from '../../../lib/cluster/peer_links';
import { type Inquirer, Questions } from '../../../lib/cluster/questions';
import { UnconfirmedFrames } from '../../../lib/cluster/unconfirmed';
import { WriteOrder } from '../../../lib/internals/write_order';
import { SimulatedMarks } from './worker';
import type { Weights } from './world';

type Methods = Record<string, (...args: never[]) => unknown>;

/** Replaces a method, also a private one, until `mock.restoreAll()`. */
export function replace(owner: { readonly prototype: object }, method: string, replacement: (...args: never[]) => unknown): void {
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
  'a worker that the agent does not list is held to be gone': () => {
    const { receive } = Membership.prototype as unknown as { receive(message: DirectoryMessage): void };
    replace(Membership, 'receive', function(this: Membership, message: DirectoryMessage) {
      receive.call(this, message);
      if (message.type !== 'members') return;
      for (const tag of this.others.keys()) if (!message.members.some(member => member.tag === tag)) this.forget(tag);
    });
  },
  'a worker that cuts off a connection is held to be gone': () => {
    replace(PeerLink, 'failed', function(this: { lost(): void }) { this.lost(); });
  },
  'a worker that cuts off a connection is given up at once': () => {
    replace(PeerLink, 'failed', function(this: { giveUp(): void }) { this.giveUp(); });
  },
  'a link that was broken does not send again what has not arrived': () => replace(UnconfirmedFrames, 'pending', () => []),
  'a link that was broken sends everything again': () => replace(UnconfirmedFrames, 'confirm', () => true),
  'a replica is used again after its link was broken': () => replace(Replicator, 'broken', () => undefined),
  'a replica is promoted before its link is read to the end': () => {
    replace(PeerLinks, 'leave', function(this: { links: Map<string, { link: PeerLink }>; reachable: unknown; tellLeft(tag: string): void }, tag: string) {
      this.links.get(tag)?.link.destroy();
      this.links.delete(tag);
      this.reachable = undefined;
      this.tellLeft(tag);
    });
  },
  'a worker registers with no other agent': () => {
    const { connect } = Membership.prototype as unknown as { connect(): void };
    const registered = new WeakSet<object>();
    replace(Membership, 'connect', function(this: Membership) {
      if (registered.has(this)) return;
      registered.add(this);
      connect.call(this);
    });
  },
  'an answer is taken for any request': () => {
    const { answer } = Questions.prototype;
    replace(Questions, 'answer', function(this: Questions<unknown>, from: string, _id: string, value: unknown) {
      const [ id ] = [ ...(this as unknown as { open: Map<string, unknown> }).open.keys() ].slice(-1);
      if (id !== undefined) answer.call(this, from, id, value);
    });
  },
  'a request waits for ever': () => {
    const { wait } = Questions.prototype;
    replace(Questions, 'wait', function(this: Questions<unknown>, id: string, tags: readonly string[], inquirer: Inquirer<unknown>) {
      const patient = { onAnswer: (answer: unknown) => inquirer.onAnswer(answer), onEnd: inquirer.onEnd.bind(inquirer), timeout: 1e9 };
      wait.call(this, id, tags, { ...inquirer, ...patient });
    });
  },
  'what a client was sent elsewhere is forgotten': () => {
    replace(Recovery, 'seenOn', function(this: Recovery) { return this.log.seen; });
  },
};

/** By fault: what has to happen more often for it to be found with fewer seeds. */
export const LIKELIER: Readonly<Record<string, Weights>> = {
  'a new worker does not wait for what was sent before it joined': { start: 8 },
  'a worker that cuts off a connection is given up at once': { cutLink: 8, fill: 4, free: 8 },
  'a replica is used again after its link was broken': { cutLink: 20, kill: 8, start: 8 },
};
