import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { resume, stream, StreamError, type StreamedItems } from 'egg-socketio/client';
import { CLIENTS, type OldApp, withOldApp } from '../support/old_app';

/** The steps of the app, in order. */
class Notes extends EventEmitter {
  readonly texts: string[] = [];

  add(text: string): void {
    this.texts.push(text);
    this.emit('added');
  }

  async has(text: string): Promise<void> {
    while (!this.texts.includes(text)) await once(this, 'added');
  }
}

const FILES = {
  'config/config.default.js': `module.exports = () => ({
    keys: 'k', io: { namespace: { '/': { packetMiddleware: [ 'm' ] } } }, socketio: { limits: { handlerTimeout: 300 } },
  });`,
  'app/io/middleware/m.js': `module.exports = app => async (ctx, next) => {
    const [ event, ...args ] = ctx.packet;
    app.notes.add('before ' + event + ' ' + args.map(arg => typeof arg));
    if (args[0] === 'refuse') throw Object.assign(new Error('no'), { status: 403 });
    if (args[0] === 'end') return;
    if (args[0] === 'late') await new Promise(resolve => setTimeout(resolve, 60));
    if (args[0] === 'two') ctx.packet[1] = 2;
    ctx.user = 'ann';
    await next();
    app.notes.add('after ' + event);
  };`,
  'app/io/controller/old.js': 'exports.old = async ctx => { ctx.args.pop()(); };',
  'app/router.js': "module.exports = app => { app.io.route('old', app.io.controller.old.old); };",
  'app/socket/new.js': `
    async function *count(ctx, to) {
      try {
        for (let n = 1; n <= to; n++) yield ctx.user + n;
      } finally {
        ctx.app.notes.add('end ' + (ctx.signal.aborted ? ctx.signal.reason.code : 'by itself'));
      }
    }
    module.exports = require('egg-socketio').defineSocketController({ messages: {
      count,
      'count.*': count,
      kept: { stream: { resume: 60_000 }, handler: count },
      async *upload(ctx, _text, source) { for await (const each of source) yield ctx.user + each; },
      never: () => new Promise(() => {}),
    } });`,
};

async function withNotes(run: (old: OldApp, notes: Notes) => Promise<void>): Promise<void> {
  await withOldApp(FILES, async old => {
    const notes = new Notes();
    Object.assign(old.app, { notes });
    await run(old, notes);
  });
}

async function take(rows: AsyncIterable<unknown>): Promise<unknown[]> {
  const taken = [];
  for await (const row of rows) taken.push(row);
  return taken;
}

for (const [ name, connect ] of Object.entries(CLIENTS)) {
  describe(`test/compat/streams.test.ts: ${name}`, () => {
    it('packet middleware runs around a stream as around its event, with the same ctx and once', async () => {
      await withNotes(async ({ client }, notes) => {
        const { socket } = client(connect);
        for (const event of [ 'count', 'count.more', 'kept' ]) {
          notes.texts.length = 0;
          assert.equal((await take(stream(socket, event, 40))).at(-1), 'ann40');
          await notes.has(`after ${event}`);
          assert.deepEqual(notes.texts, [ `before ${event} number,function`, 'end by itself', `after ${event}` ]);
          assert.deepEqual(await take(stream(socket, event, 'two')), [ 'ann1', 'ann2' ]);
        }
      });
    });

    it('packet middleware that takes time does not change the order of an upload', async () => {
      await withNotes(async ({ client }, notes) => {
        const { socket } = client(connect);
        async function* source() {
          for (let n = 1; n <= 40; n++) yield n;
        }
        assert.deepEqual(await take(stream(socket, 'upload', 'late', source())), Array.from({ length: 40 }, (_, i) => `ann${i + 1}`));
        await notes.has('after upload');
        assert.deepEqual(notes.texts, [ 'before upload string,object,function', 'after upload' ]);
      });
    });

    it('a stream behind packet middleware ends when its client leaves or cancels, and with resume when nobody reads it any more', async () => {
      await withNotes(async ({ client }, notes) => {
        const begin = async (event: string): Promise<[ StreamedItems<unknown>, () => void ]> => {
          const one = client(connect);
          const rows = stream(one.socket, event, 1e9);
          await rows.next();
          return [ rows, () => one.close() ];
        };
        const [ , leave ] = await begin('count');
        leave();
        await notes.has('end CLIENT_LEFT');
        await notes.has('after count');
        notes.texts.length = 0;
        for (const event of [ 'count', 'kept' ]) {
          await (await begin(event))[0].return!();
          await notes.has('end STREAM_CANCELLED');
          await notes.has(`after ${event}`);
        }
        notes.texts.length = 0;
        const [ rows, leaveKept ] = await begin('kept');
        const key = (await rows.key)!;
        leaveKept();
        const late = resume(client(connect).socket, key, { received: 1 });
        assert.deepEqual(await late.next(), { done: false, value: 'ann2' });
        assert.deepEqual(notes.texts, [ 'before kept number,function' ]);
        await late.return!();
        await notes.has('end STREAM_CANCELLED');
      });
    });

    it('packet middleware that throws or does not call next() ends a stream, and its client does not wait', async () => {
      await withNotes(async ({ client }) => {
        const { socket } = client(connect);
        for (const event of [ 'count', 'kept' ]) {
          assert.deepEqual(await take(stream(socket, event, 'end')), []);
          await assert.rejects(take(stream(socket, event, 'refuse')), (error: StreamError) => error instanceof StreamError && error.message === 'no');
        }
        // A route is no stream.
        await assert.rejects(take(stream(socket, 'old')), { code: 'NOT_A_STREAM' });
      });
    });

    it('a client that takes nothing gets STREAM_IDLE, and no other error', async () => {
      await withNotes(async ({ client }, notes) => {
        const one = client(connect).listen('exception', 'error');
        const rows = stream(one.socket, 'count', 1e9);
        await rows.next();
        await notes.has('end STREAM_IDLE');
        await assert.rejects(take(rows), { code: 'STREAM_IDLE' });
        await one.ask('old');
        assert.deepEqual([ one.left('exception'), one.left('error') ], [[], []]);
      });
    });

    it('a handler behind packet middleware that takes too long causes one error', async () => {
      await withNotes(async ({ client }) => {
        for (const first of [ 'at once', 'late' ]) {
          const one = client(connect).listen('exception', 'error');
          one.emit('never', first);
          const [{ code }] = await one.next('exception') as [{ code: string }];
          assert.equal(code, 'HANDLER_TIMEOUT');
          const [ answer ] = await one.ask('never', first) as [{ error: { code: string } }];
          assert.equal(answer.error.code, 'HANDLER_TIMEOUT');
          await one.ask('old');
          assert.deepEqual([ one.left('exception'), one.left('error') ], [[], []]);
        }
      });
    });
  });
}
