import assert from 'node:assert/strict';
import { Server } from 'socket.io';
import { joinBroadcastFrames } from '../../lib/internals/broadcast_frame';

/** The method of Socket.IO's adapter that makes frames. */
interface FrameMaker {
  _encode(packet: object, options: { wsPreEncodedFrame?: Buffer[] }): unknown[];
}

describe('test/cluster/adapter_frame.test.ts', () => {
  const server = new Server();

  function makeFrame(text: string, joined: boolean): Buffer[] | undefined {
    const adapter = new (server.of('/').adapter.constructor as new (nsp: object) => FrameMaker)(server.of('/'));
    if (joined) joinBroadcastFrames(adapter);
    const options: { wsPreEncodedFrame?: Buffer[] } = {};
    const encoded = adapter._encode({ type: 2, nsp: '/', data: [ 'said', text ] }, options);
    assert.deepEqual(encoded, [ `2["said","${text}"]` ]);
    return options.wsPreEncodedFrame;
  }

  it('joins the pieces of the frame that Socket.IO makes', () => {
    const pieces = makeFrame('hello', false)!;
    assert.equal(pieces.length, 2);
    assert.deepEqual(makeFrame('hello', true), [ Buffer.concat(pieces) ]);
  });

  it('does not copy long texts', () => {
    assert.equal(makeFrame('x'.repeat(20_000), true)!.length, 2);
  });

  it('does not change an adapter that does not make frames', () => {
    const adapter = {};
    joinBroadcastFrames(adapter);
    assert.deepEqual(adapter, {});
    const other: FrameMaker = { _encode: () => [ 'encoded' ] };
    joinBroadcastFrames(other);
    const options = {};
    assert.deepEqual(other._encode({}, options), [ 'encoded' ]);
    assert.deepEqual(options, {});
  });
});
