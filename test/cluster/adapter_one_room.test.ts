import assert from 'node:assert/strict';
import { Server } from 'socket.io';
import { broadcastToSingleRoom } from '../../lib/internals/single_room_broadcast';

interface Rooms {
  addAll(id: string, rooms: Set<string>): void;
  del(id: string, room: string): void;
  apply(opts: { rooms: Set<string>; except?: Set<string> }, callback: (socket: { id: string }) => void): void;
}

/** A namespace with sockets in rooms: `a` and `b` in one, `b` and `c` in another, and one that is gone in both. */
function makeRooms(): Rooms {
  const nsp = new Server().of('/');
  const { adapter } = nsp as unknown as { adapter: Rooms };
  for (const id of [ 'a', 'b', 'c' ]) nsp.sockets.set(id, { id } as never);
  for (const id of [ 'a', 'gone', 'b' ]) adapter.addAll(id, new Set([ 'one' ]));
  for (const id of [ 'gone', 'b', 'c' ]) adapter.addAll(id, new Set([ 'two' ]));
  return adapter;
}

function met(adapter: Rooms, rooms: string[], except?: string[], onMeet: (id: string) => void = () => undefined): string[] {
  const ids: string[] = [];
  adapter.apply({ rooms: new Set(rooms), except: except && new Set(except) }, ({ id }) => {
    ids.push(id);
    onMeet(id);
    assert.ok(ids.length < 100, 'it does not end');
  });
  return ids;
}

describe('test/cluster/adapter_one_room.test.ts', () => {
  for (const [ rooms, except ] of [
    [[ 'one' ]], [[ 'two' ]], [[ 'none' ]], [[ 'one', 'two' ]], [[]], [[ 'one' ], []], [[ 'one' ], [ 'two' ]], [[ 'one' ], [ 'none' ]],
  ] as [string[], string[]?][]) {
    it(`visits the same sockets as Socket.IO in ${JSON.stringify(rooms)} except ${JSON.stringify(except)}`, () => {
      const adapter = makeRooms();
      const expected = met(adapter, rooms, except);
      broadcastToSingleRoom(adapter);
      assert.deepEqual(met(adapter, rooms, except), expected);
    });
  }

  it('visits no socket twice that leaves and rejoins meanwhile, and none that has left', () => {
    for (const change of [ () => undefined, broadcastToSingleRoom ]) {
      const adapter = makeRooms();
      change(adapter);
      assert.deepEqual(met(adapter, [ 'one' ], undefined, id => {
        adapter.del(id, 'one');
        adapter.addAll(id, new Set([ 'one' ]));
      }), [ 'a', 'b' ]);
      const other = makeRooms();
      change(other);
      assert.deepEqual(met(other, [ 'one' ], undefined, () => other.del('b', 'one')), [ 'a' ]);
    }
  });

  it('does not change an adapter that iterates rooms in another way', () => {
    const adapter = {};
    broadcastToSingleRoom(adapter);
    assert.deepEqual(adapter, {});
    const apply = (_all: object): void => { /* One parameter. */ };
    const other = { apply };
    broadcastToSingleRoom(other);
    assert.equal(other.apply, apply);
  });
});
