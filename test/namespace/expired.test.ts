import assert from 'node:assert/strict';
import { type EventEmitter, once } from 'node:events';
import type { MockApplication } from 'egg-mock';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { type AttachedServer, attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';

/** The notes of a test's app, in order. */
interface Steps extends EventEmitter { readonly list: unknown[][] }

const FILES = {
  'app.js': `
    const { EventEmitter } = require('node:events');
    module.exports = app => {
      app.steps = Object.assign(new EventEmitter(), { list: [], note(...step) { this.list.push(step); this.emit('step'); } });
      app.logger.warnings = [];
      for (const logger of [ app.logger, app.getLogger('socketioLogger') ]) {
        logger.warn = (...args) => { app.logger.warnings.push(require('node:util').format(...args)); };
      }
    };`,
  'app/service/users.js': `
    const { Service } = require('egg');
    module.exports = class extends Service { left(id) { this.app.steps.note('service', id, this.ctx.event); } };`,
  'app/socket/main.ts': `
    import { setImmediate } from 'node:timers/promises';
    import { type Context, Inject, OnWSConnection, OnWSDisconnection, OnWSExpired, OnWSMessage, WSController } from 'egg-socketio';
    @WSController('/')
    export class Main {
      @Inject() ctx!: Context;
      @OnWSConnection() async come() { await this.ctx.join('hall'); this.ctx.data.name = 'Ada'; }
      @OnWSMessage('kick') kick() { this.ctx.disconnect(); }
      @OnWSMessage('grow') async grow(bytes: number) { this.ctx.data.much = 'x'.repeat(bytes); }
      @OnWSDisconnection() async left(reason: string) { await setImmediate(); (this.ctx.app as any).steps.note('left', this.ctx.id, reason); }
      @OnWSExpired() async expired(reason: string) {
        const { ctx } = this;
        ctx.service.users.left(ctx.id);
        ctx.emit('nobody');
        await ctx.join('nowhere');
        ctx.disconnect();
        const ack = await ctx.emitWithAck('nobody').catch((error: Error) => error.message);
        (ctx.app as any).steps.note('expired', ctx.id, reason, [ ...ctx.rooms ], ctx.data.name, ctx.connected, ctx.ip, ctx.signal.aborted, ack);
      }
      @OnWSExpired() fails() { throw new Error('on purpose'); }
    }`,
};

describe('test/namespace/expired.test.ts', () => {
  async function withApp(
    socketio: string, run: (server: AttachedServer, steps: Steps, app: MockApplication, warnings: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const config = `module.exports = () => ({ keys: 'test', socketio: ${socketio} });`;
    await withInlineApp({ ...FILES, 'config/config.default.js': config }, async ({ app, warnings }, startError) => {
      assert.ifError(startError);
      const server = await attachServer(app);
      try {
        await run(server, (app as unknown as { steps: Steps }).steps, app, warnings);
      } finally {
        server.close();
      }
    });
  }

  async function connect({ port }: AttachedServer, transports = [ 'websocket' ]): Promise<{ client: SocketIOTestClient; id: string }> {
    const client = await new SocketIOTestClient({ port, transports }).connect();
    return { client, id: client.id! };
  }

  async function have(steps: Steps, count: number): Promise<void> {
    while (steps.list.length < count) await once(steps, 'step');
  }

  const expiredAs = (id: string, reason: string) => [
    [ 'left', id, reason ],
    [ 'service', id, 'expired' ],
    [ 'expired', id, reason, [ id, 'hall' ], 'Ada', false, undefined, false, 'socket has been disconnected' ],
  ];

  for (const transport of [ 'polling', 'websocket' ]) {
    it(`without recovery, each client expires when its disconnect handlers have finished (${transport})`, () => withApp('{}', async (server, steps) => {
      const { client, id } = await connect(server, [ transport ]);
      await client.close();
      await have(steps, 3);
      assert.deepEqual(steps.list, expiredAs(id, 'client namespace disconnect'));
      const other = await connect(server, [ transport ]);
      other.client.send('kick');
      await have(steps, 6);
      assert.deepEqual(steps.list.slice(3), expiredAs(other.id, 'server namespace disconnect'));
      await other.client.close();
    }));
  }

  it('with recovery, a client that was disconnected on purpose expires at once, and one whose session is dropped for lack of room', () => withApp(
    '{ connectionStateRecovery: { maxLogBytes: 4000 } }', async (server, steps) => {
      const { client, id } = await connect(server);
      await client.close();
      await have(steps, 3);
      assert.deepEqual(steps.list, expiredAs(id, 'client namespace disconnect'));
      const first = await connect(server);
      await first.client.sendWithAck('grow', 2000);
      first.client.socket.io.engine.close();
      await have(steps, 4);
      const second = await connect(server);
      await second.client.sendWithAck('grow', 2000);
      // Handlers that run at once would have run by now.
      assert.deepEqual(steps.list.slice(3).map(([ step ]) => step), [ 'left' ]);
      second.client.socket.io.engine.close();
      await have(steps, 7);
      assert.ok(steps.list.slice(4).some(([ step, gone ]) => step === 'expired' && gone === first.id));
      assert.ok(!steps.list.some(([ step, gone ]) => step === 'expired' && gone === second.id));
      await Promise.all([ first.client.close(), second.client.close() ]);
    },
  ));

  it('a stop of the app waits for the handlers', async () => {
    let noted: Steps | undefined;
    let left = '';
    let client: SocketIOTestClient | undefined;
    await withApp('{}', async (server, steps) => {
      noted = steps;
      ({ client, id: left } = await connect(server));
    });
    assert.deepEqual(noted!.list.map(([ step, id ]) => [ step, id ]), [[ 'left', left ], [ 'service', left ], [ 'expired', left ]]);
    await client!.close();
  });

  it('an adapter that tells nobody when a session expires causes a warning at the start', () => withApp(
    "{ connectionStateRecovery: true, adapter: require('socket.io-adapter').SessionAwareAdapter }", async (_server, _steps, _app, warnings) => {
      assert.match(warnings.join('\n'), /@OnWSExpired\(\): the adapter keeps the sessions .* but does not tell when one expires/);
    },
  ));
});
