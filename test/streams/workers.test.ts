import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { stream, StreamError } from 'egg-socketio/client';
import type { Socket } from 'socket.io-client';
import { WORKERS, WorkersApp } from './workers_app';

const ROWS = 300;
const TRANSPORTS = { polling: [ 'polling' ], upgrade: [ 'polling', 'websocket' ], websocket: [ 'websocket' ] };

interface Row { readonly row: number; readonly pid: number }

for (const recovery of [ false, true ]) {
  describe(`test/streams/workers.test.ts, ${recovery ? 'with' : 'without'} recovery`, function() {
    this.timeout(120_000);
    const app = new WorkersApp(recovery);
    const connect = (transports: readonly string[]) => app.connect({ transports: [ ...transports ] });

    function rowsOf(socket: Socket, to: number | null): AsyncIterableIterator<Row> {
      return stream(socket, 'rows', to) as AsyncIterableIterator<Row>;
    }

    /** Begins a stream without an end, and returns it with the worker that makes it. */
    async function endless(transports: readonly string[]): Promise<{ socket: Socket; rows: AsyncIterableIterator<Row>; pid: number }> {
      const socket = await connect(transports);
      const rows = rowsOf(socket, null);
      const { value } = await rows.next() as { value: Row };
      return { socket, rows, pid: value.pid };
    }

    /** Takes items until the stream ends with an error, which it returns with the last row. */
    async function untilLost(rows: AsyncIterableIterator<Row>): Promise<{ error: StreamError; last: number }> {
      let last = 1;
      try {
        for await (const { row } of rows) {
          assert.equal(row, last + 1);
          last = row;
        }
      } catch (error) {
        assert.ok(error instanceof StreamError, String(error));
        return { error, last };
      }
      throw new Error('the stream ended without an error');
    }

    for (const [ kind, transports ] of Object.entries(TRANSPORTS)) {
      it(`clients of ${WORKERS} workers get all items in order, also while they upgrade: ${kind}`, async () => {
        const clients = await Promise.all(Array.from({ length: 2 * WORKERS }, () => connect(transports)));
        await Promise.all(clients.map(async socket => {
          const got: number[] = [];
          for await (const { row } of rowsOf(socket, ROWS)) got.push(row);
          assert.deepEqual(got, Array.from({ length: ROWS }, (_, i) => i + 1));
        }));
      });
    }

    for (const [ kind, transports ] of Object.entries(TRANSPORTS)) {
      it(`clients of ${WORKERS} workers upload items in order, also while they upgrade: ${kind}`, async () => {
        const clients = await Promise.all(Array.from({ length: 2 * WORKERS }, () => connect(transports)));
        await Promise.all(clients.map(async socket => {
          const rows = Array.from({ length: ROWS }, (_, i) => (i % 50 === 0 ? Buffer.from(String(i)) : i));
          const got: unknown[] = [];
          for await (const row of stream(socket, 'returned rows', Readable.from(rows))) got.push(row);
          assert.deepEqual(got, rows);
        }));
      });
    }

    it('a client whose worker is killed gets STREAM_LOST with the number of items, and a new stream from another worker', async () => {
      const { socket, rows, pid } = await endless(TRANSPORTS.websocket);
      const lost = untilLost(rows);
      const back = once(socket.io as never, 'reconnect');
      process.kill(pid, 'SIGKILL');
      const { error, last } = await lost;
      assert.equal(error.code, 'STREAM_LOST');
      assert.equal(error.items, last);
      await back;
      const next = await rowsOf(socket, 1).next() as { value: Row };
      assert.notEqual(next.value.pid, pid);
    });

    it('a worker that stops ends its streams, and their clients get STREAM_LOST', async () => {
      const { rows, pid } = await endless(TRANSPORTS.upgrade);
      const from = app.cluster.news.length;
      const lost = untilLost(rows);
      process.kill(pid, 'SIGTERM');
      const { error, last } = await lost;
      assert.equal(error.code, 'STREAM_LOST');
      assert.equal(error.items, last);
      const { reason } = await app.cluster.hear('rows ended', from);
      assert.ok(reason === 'WORKER_STOPPING' || reason === 'CLIENT_LEFT', reason);
      await app.cluster.hear('worker died', from);
    });
  });
}
