import assert from 'node:assert/strict';
import diagnostics from 'node:diagnostics_channel';
import type { MockApplication } from 'egg-mock';
import type { EndedEventMessage } from 'egg-socketio';
import { SocketIOTestClient } from 'egg-socketio/mock';
import type { Socket } from 'socket.io-client';
import { stream } from '../streams/support';
import { type AttachedServer, attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';

const FILES = {
  'app/socket/a.ts': `
    import { type Context, Inject, OnWSConnection, OnWSMessage, RateLimit, UseGuard, WSController } from 'egg-socketio';
    @WSController('/')
    export class Orders {
      @Inject() ctx!: Context;
      private tell(by: string, args: unknown[]) { return { by, event: this.ctx.event, match: this.ctx.match, groups: this.ctx.match?.groups, args }; }

      @OnWSConnection()
      listen() { this.ctx.socket.on('order.heard', (ack: (value: unknown) => void) => ack('own listener')); }

      @OnWSMessage('*') all(...args: unknown[]) { return this.tell('*', args); }
      @OnWSMessage('order.*') order(...args: unknown[]) { return this.tell('order.*', args); }
      @OnWSMessage('order.created') created(...args: unknown[]) { return this.tell('order.created', args); }
      @OnWSMessage('order.*.line.*') line(...args: unknown[]) { return this.tell('order.*.line.*', args); }
      @OnWSMessage(/^order\\.(?<id>\\d+)(\\.x)?$/) number(...args: unknown[]) { return this.tell('RegExp', args); }
      @OnWSMessage('\\\\*') literal(...args: unknown[]) { return this.tell('literal', args); }
      @OnWSMessage('first*') @OnWSMessage('limited*') @RateLimit({ perSecond: 0.001, burst: 1 }) first() { return this.tell('limited', []); }
      @OnWSMessage('*imited') second() { return this.tell('second', []); }
      @OnWSMessage('guarded.*') @UseGuard(ctx => ctx.match?.[0] === 'open') guarded() { return this.tell('guarded', []); }
      @OnWSMessage('fails.*') fails() { throw new Error('on purpose'); }
    }`,
  'app/socket/b.js': `
    const { z } = require('zod');
    const { defineSocketController } = require('egg-socketio');
    module.exports = defineSocketController({
      namespace: '/plain',
      messages: {
        'a*': { args: [ z.string() ], handler: (ctx, text) => [ ctx.match, text ] },
        known: () => 'known',
      },
      patterns: [{ event: /^b(.)$/i, handler: ctx => [ ...ctx.match ] }],
    });`,
};

describe('test/namespace/patterns.test.ts', () => {
  async function withApp(run: (app: MockApplication, server: AttachedServer, warnings: readonly string[]) => Promise<void>): Promise<void> {
    await withInlineApp(FILES, async ({ app, warnings }, startError) => {
      assert.ifError(startError);
      const server = await attachServer(app);
      try {
        await run(app, server, warnings);
      } finally {
        server.close();
      }
    });
  }

  async function withClient(
    { port }: AttachedServer, namespace: string, run: (client: SocketIOTestClient) => Promise<void>, transports = [ 'websocket' ],
  ): Promise<void> {
    const client = await new SocketIOTestClient({ port, namespace, transports }).connect();
    try {
      await run(client);
    } finally {
      await client.close();
    }
  }

  interface Told { by: string; event: string; match?: (string | null)[]; groups?: Record<string, string>; args: unknown[] }

  for (const transport of [ 'polling', 'websocket' ]) {
    it(`an event goes to its exact name, then to the longest pattern, with the matched parts in ctx.match (${transport})`, () => withApp(
      async (_app, server) => withClient(server, '/', async client => {
        const by = async (event: string, ...args: unknown[]) => {
          const { by: handler, match } = await client.sendWithAck(event, ...args) as Told;
          return [ handler, match ];
        };
        assert.deepEqual(await by('order.created'), [ 'order.created', undefined ]);
        assert.deepEqual(await by('order.paid'), [ 'order.*', [ 'paid' ]]);
        assert.deepEqual(await by('order.'), [ 'order.*', [ '' ]]);
        assert.deepEqual(await by('order.7.line.a.line.b'), [ 'order.*.line.*', [ '7', 'a.line.b' ]]);
        assert.deepEqual(await by('order.42'), [ 'RegExp', [ '42', null ]]);
        assert.deepEqual(await by('orders'), [ '*', [ 'orders' ]]);
        assert.deepEqual(await by(''), [ '*', [ '' ]]);
        assert.deepEqual(await by('*'), [ 'literal', undefined ]);
        // Of two patterns of the same length, the one that comes first.
        assert.deepEqual(await by('first'), [ 'limited', [ '' ]]);
        assert.deepEqual(await client.sendWithAck('order.42.x', 1, [ 2 ]), {
          by: 'RegExp', event: 'order.42.x', match: [ '42', '.x' ], groups: { id: '42' }, args: [ 1, [ 2 ]],
        });
      }, [ transport ]),
    ));
  }

  it('names that mean something to JavaScript or to Node.js are matched as ordinary texts', () => withApp(
    async (_app, server) => withClient(server, '/', async client => {
      for (const event of [ '__proto__', 'constructor', 'hasOwnProperty', 'error', 'connection', '\n' ]) {
        assert.deepEqual(await client.sendWithAck(event), { by: '*', event, match: [ event ], args: [] });
      }
    }),
  ));

  it('an event that the app listens to itself goes to no pattern', () => withApp(
    async (_app, server) => withClient(server, '/', async client => {
      assert.equal(await client.sendWithAck('order.heard'), 'own listener');
    }),
  ));

  it('a message about a stream goes to no pattern: a client that wants one in a namespace without any gets EVENT_NOT_FOUND', () => withApp(
    async (_app, server) => withClient(server, '/', async client => {
      await assert.rejects(stream(client.socket as unknown as Socket, 'order.paid').next(), { code: 'EVENT_NOT_FOUND' });
    }),
  ));

  it('guards, rate limits, validation and errors apply as with an exact name', () => withApp(async (_app, server) => {
    await withClient(server, '/', async client => {
      const code = async (event: string) => (await client.sendWithAck(event) as { error?: { code: string } }).error?.code;
      assert.equal(await code('guarded.open'), undefined);
      assert.equal(await code('guarded.closed'), 'FORBIDDEN');
      assert.equal(await code('limited.1'), undefined);
      // All names of a pattern count together.
      assert.equal(await code('limited.2'), 'RATE_LIMITED');
      assert.equal(await code('fails.here'), 'INTERNAL');
    });
    await withClient(server, '/plain', async client => {
      assert.deepEqual(await client.sendWithAck('abc', 'text'), [[ 'bc' ], 'text' ]);
      assert.equal((await client.sendWithAck('abc', 1) as { error: { code: string } }).error.code, 'VALIDATION_FAILED');
      assert.deepEqual(await client.sendWithAck('B1'), [ '1' ]);
    });
  }));

  it('an event that no pattern matches has no handler, and the message about it lists the patterns', () => withApp(async (_app, server, warnings) => {
    await withClient(server, '/plain', async client => {
      assert.equal((await client.sendWithAck('unknown') as { error: { code: string } }).error.code, 'EVENT_NOT_FOUND');
      // A RegExp is not tried on a name this long.
      assert.equal((await client.sendWithAck(`b${'1'.repeat(200)}`) as { error: { code: string } }).error.code, 'EVENT_NOT_FOUND');
      client.send('unknown');
      await client.sendWithAck('known');
    });
    assert.match(warnings.join('\n'), /nobody handles the event 'unknown' in the namespace '\/plain'; handled are 'known', 'a\*', '\/\^b\(\.\)\$\/i'/);
  }));

  it('statistics and channels name the pattern, however many names clients send', () => withApp(async (app, server) => {
    await app.io.stats();
    const ended: EndedEventMessage[] = [];
    const listen = (message: unknown) => { ended.push(message as EndedEventMessage); };
    diagnostics.subscribe('egg-socketio:event:end', listen);
    try {
      await withClient(server, '/', async client => {
        for (let i = 0; i < 200; i += 1) await client.sendWithAck(`order.of-${i}`);
        await client.sendWithAck('order.created');
      });
    } finally {
      diagnostics.unsubscribe('egg-socketio:event:end', listen);
    }
    const { total: { events: { durations } } } = await app.io.stats();
    assert.deepEqual(Object.entries(durations['/']).map(([ event, { count }]) => [ event, count ]), [[ 'order.created', 1 ], [ 'order.*', 200 ]]);
    const messages = ended.filter(({ kind }) => kind === 'message').map(({ event, pattern }) => [ event, pattern ]);
    assert.deepEqual([ messages[0], messages[200] ], [[ 'order.of-0', 'order.*' ], [ 'order.created', undefined ]]);
  }));

  it('app.mockSocketEvent() sends events that only a pattern matches', () => withApp(async app => {
    const { ack } = await app.mockSocketEvent('/', 'order.paid', [ 1 ]);
    assert.deepEqual(ack, [{ by: 'order.*', event: 'order.paid', match: [ 'paid' ], args: [ 1 ] }]);
  }));
});
