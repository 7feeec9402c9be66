import assert from 'node:assert/strict';
import { once } from 'node:events';
import { resume, stream, StreamError, type StreamedItems } from 'egg-socketio/client';
import type { Socket } from 'socket.io-client';
import { WorkersApp } from './workers_app';

interface Begun { readonly socket: Socket; readonly rows: StreamedItems<Row>; readonly key: string; readonly pid: number }

interface Taken { readonly last: number; readonly error: StreamError | undefined; readonly pids: ReadonlySet<number> }

interface Row { readonly row: number; readonly pid: number; readonly bytes: Buffer }

for (const recovery of [ false, true ]) {
  describe(`test/streams/resumed_workers.test.ts, ${recovery ? 'with' : 'without'} recovery`, function() {
    this.timeout(120_000);
    const app = new WorkersApp(recovery);
    const connect = (transports = [ 'websocket' ]) => app.connect({ transports, reconnectionDelay: 1, reconnectionDelayMax: 50 });
    const workerOf = (socket: Socket) => socket.emitWithAck('where') as Promise<number>;

    /** Connects to a worker that is not this one. */
    async function connectElsewhere(pid: number, transports?: string[]): Promise<Socket> {
      for (;;) {
        const socket = await connect(transports);
        if (await workerOf(socket) !== pid) return socket;
        socket.disconnect();
      }
    }

    /** Begins a stream, and returns it with its key and the worker that makes it. */
    async function begin(to: number | null, pause = 0): Promise<Begun> {
      const socket = await connect();
      const rows = stream(socket, 'kept rows', to, pause) as StreamedItems<Row>;
      const { value } = await rows.next() as { value: Row };
      return { socket, rows, key: (await rows.key)!, pid: value.pid };
    }

    /** Takes rows until the stream ends, and returns the last one and the error. */
    async function takeAll(rows: AsyncIterable<Row>, before: number): Promise<Taken> {
      const pids = new Set<number>();
      let last = before;
      try {
        for await (const { row, pid, bytes } of rows) {
          assert.equal(row, last + 1);
          assert.equal(String(Buffer.from(bytes)), String(row));
          last = row;
          pids.add(pid);
        }
      } catch (error) {
        assert.ok(error instanceof StreamError, String(error));
        return { last, error, pids };
      }
      return { last, error: undefined, pids };
    }

    it('a client that comes back to any worker gets the rest of its stream, once and in order', async () => {
      const { socket, rows, pid } = await begin(300, 2);
      const workers = new Set<number>();
      let last = 1;
      for await (const { row, pid: maker } of rows) {
        assert.equal(row, last + 1);
        assert.equal(maker, pid);
        last = row;
        if (row % 30 !== 0) continue;
        const back = once(socket as never, 'connect');
        socket.io.engine.close();
        await back;
        workers.add(await workerOf(socket));
      }
      assert.equal(last, 300);
      // Each worker gets connections in turn; with recovery too, a client that only has a WebSocket comes back anywhere.
      assert.ok(workers.size > 1, `${workers.size}`);
    });

    for (const transports of [[ 'websocket' ], [ 'polling' ]]) {
      it(`a client of another worker reads it from the first item on, with the key: ${transports[0]}`, async () => {
        const { rows, key, pid } = await begin(200);
        const other = await connectElsewhere(pid, transports);
        const [ own, late ] = await Promise.all([ takeAll(rows, 1), takeAll(resume<Row>(other, key), 0) ]);
        assert.deepEqual([ own.last, own.error, late.last, late.error ], [ 200, undefined, 200, undefined ]);
        assert.deepEqual([ ...late.pids ], [ pid ]);
        assert.equal((await takeAll(resume<Row>(other, key, { received: 195 }), 195)).last, 200);
        const wrong = `${key.startsWith('a') ? 'b' : 'a'}${key.slice(1)}`;
        assert.equal((await takeAll(resume<Row>(other, wrong), 0)).error?.code, 'STREAM_LOST');
      });
    }

    it('a client of another worker that cancels ends it when nobody else reads it any more', async () => {
      const { socket, rows, key, pid } = await begin(null, 2);
      const other = await connectElsewhere(pid);
      const late = resume<Row>(other, key);
      await late.next();
      await rows.return!();
      await workerOf(socket);
      const from = app.cluster.news.length;
      await late.next();
      await late.return!();
      assert.equal((await app.cluster.hear('rows ended', from)).reason, 'STREAM_CANCELLED');
    });

    it('a client that takes nothing lets no more than the window cross the link', async () => {
      const { rows, key, pid } = await begin(2000);
      const other = await connectElsewhere(pid);
      const late = resume<Row>(other, key);
      await late.next();
      let arrived = 0;
      other.on('$stream', (op: string, _id: string, first: number, items: unknown[]) => { if (op === 'items') arrived = first + items.length - 1; });
      assert.equal((await takeAll(rows, 1)).last, 2000);
      await workerOf(other);
      assert.ok(arrived <= 16, `${arrived}`);
      assert.equal((await takeAll(late, 1)).last, 2000);
    });

    it('clients of other workers get STREAM_LOST with the number of items when its worker is killed; later ones get it at once', async () => {
      const { rows, key, pid } = await begin(null, 1);
      const other = await connectElsewhere(pid);
      const late = resume<Row>(other, key);
      for (let i = 0; i < 20; i++) await late.next();
      const [ own, far ] = [ takeAll(rows, 1), takeAll(late, 20) ];
      process.kill(pid, 'SIGKILL');
      for (const { last, error } of await Promise.all([ own, far ])) {
        assert.equal(error?.code, 'STREAM_LOST');
        assert.equal(error.items, last);
      }
      assert.equal((await takeAll(resume<Row>(other, key, { received: 20 }), 20)).error?.code, 'STREAM_LOST');
    });

    it('a worker that stops lets a stream end within drain.limit, also for a client of another worker; one that does not end is lost', async () => {
      const { key, pid, socket } = await begin(100, 2);
      // Another one of the same worker.
      let endless: StreamedItems<Row>;
      for (;;) {
        const { rows, pid: its } = await begin(null, 2);
        endless = rows;
        if (its === pid) break;
        await rows.return!();
      }
      const other = await connectElsewhere(pid);
      const late = takeAll(resume<Row>(other, key), 0);
      const lost = takeAll(resume<Row>(other, (await endless.key)!), 0);
      await workerOf(other);
      const from = app.cluster.news.length;
      socket.disconnect();
      process.kill(pid, 'SIGTERM');
      assert.deepEqual(await late.then(({ last, error }) => [ last, error ]), [ 100, undefined ]);
      const { error, last } = await lost;
      assert.equal(error?.code, 'STREAM_LOST');
      assert.equal(error.items, last);
      assert.equal((await takeAll(endless, 1)).error?.code, 'STREAM_LOST');
      await app.cluster.hear('worker died', from);
    });
  });
}
