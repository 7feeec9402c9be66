import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { patience, type Progress } from '../../lib/limits/patience';

const MOST = 1_600_000;

describe('test/security/patience.test.ts', () => {
  let now = 0;
  let progress: Progress | undefined;
  const handle = { bytesWritten: 50_000_000, writeQueueSize: 5_000_000 };
  const webSocket = { transport: { socket: { _socket: { bytesWritten: 0, writableLength: 0, _handle: handle } } }, writeBuffer: [] };

  beforeEach(() => {
    now = 0;
    handle.writeQueueSize = 5_000_000;
    mock.method(Date, 'now', () => now);
    progress = patience(webSocket, MOST + 1, MOST, undefined);
    assert.ok(progress);
  });
  afterEach(() => mock.restoreAll());

  it('closes a client that has read nothing for ten seconds, and not before', () => {
    now = 9_999;
    assert.ok(patience(webSocket, MOST + 1, MOST, progress));
    now = 10_000;
    assert.equal(patience(webSocket, MOST + 1, MOST, progress), undefined);
  });

  it('closes a client that reads only a little now and then', () => {
    for (; now < 10_000; now += 1_000) {
      progress = patience(webSocket, MOST + 1, MOST, progress);
      handle.writeQueueSize -= 9_000;
    }
    assert.equal(patience(webSocket, MOST + 1, MOST, progress), undefined);
  });

  it('does not close a client that reads a sixteenth of the limit in ten seconds, also of one large write', () => {
    for (let i = 0; i < 20; i++) {
      now += 9_999;
      handle.writeQueueSize -= 100_000;
      progress = patience(webSocket, MOST + 1, MOST, progress);
      assert.ok(progress, `after ${i + 1} times`);
    }
  });

  it('closes a client if eight times the limit waits, including the bytes in the connection', () => {
    assert.equal(patience(webSocket, 8 * MOST + 1, MOST, progress), undefined);
    const { _socket: stream } = webSocket.transport.socket;
    const full = { ...webSocket, transport: { socket: { _socket: { ...stream, writableLength: 7 * MOST } } } };
    assert.equal(patience(full, MOST + 1, MOST, progress), undefined);
  });

  it('does not close a polling client that has polled', () => {
    const first = { transport: {}, writeBuffer: [] };
    progress = patience(first, MOST + 1, MOST, undefined);
    now = 20_000;
    assert.ok(patience({ ...first, writeBuffer: [] }, MOST + 1, MOST, progress));
    assert.equal(patience(first, MOST + 1, MOST, progress), undefined);
  });
});
