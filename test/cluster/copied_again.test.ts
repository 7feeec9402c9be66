import assert from 'node:assert/strict';
import { splitHandover, Inheritance } from '../../lib/adapter/recovery/handover';
import { Budget } from '../../lib/adapter/recovery/budget';
import { pack } from '../../lib/cluster/frames';
import { Recovery } from '../../lib/adapter/recovery/recovery';
import { NamespaceReplica } from '../../lib/adapter/replicas/replica';
import { ReplicaChanges } from '../../lib/adapter/replicas/replica_changes';

const LIFETIMES = { duration: 120_000, heartbeat: () => 65_000 };

/** Sessions of a killed worker whose log had dropped old packets, on their way to further workers. */
describe('test/cluster/copied_again.test.ts', () => {
  const carry = () => pack({});
  let standby: Recovery;
  let next: Recovery;

  beforeEach(() => {
    [ standby, next ] = [ new Recovery(LIFETIMES, new Budget(1e6)), new Recovery(LIFETIMES, new Budget(1e6)) ];
    const replica = new NamespaceReplica(standby, { first: 7, seen: {}, lostAt: Date.now() - 100_000 });
    const start = { at: Date.now() };
    replica.apply({ nsp: '/', sessions: [
      [ 'pid', { session: { sid: 'sid', pid: 'pid', rooms: [] }, data: pack({}), connectedAt: start.at, start, earlier: [], entry: { joined: 7 } }],
    ] });
    replica.promote(true);
  });

  it('the replica of such a session has it, and can be promoted again', () => {
    const source = { isOrdered: true, note: () => undefined, socketsOf: () => undefined, carry };
    const part = new ReplicaChanges('/', standby, {}, source).take(Infinity)!;
    const replica = new NamespaceReplica(next, part.start!);
    replica.apply(part);
    replica.promote(true);
    assert.equal(next.claim('pid', undefined)?.sid, 'sid');
  });

  it('a worker that stops hands such a session over', () => {
    const inheritance = new Inheritance(next);
    for (const part of splitHandover(standby, {}, carry)) inheritance.take(part);
    assert.equal(next.claim('pid', undefined)?.sid, 'sid');
  });
});
