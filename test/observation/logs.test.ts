import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { EggLogger } from 'egg';
import type { AccessLogOptions, EndedEventMessage } from 'egg-socketio';
import { loggerOf } from '../../lib/base/logger';
import { createAccessLog } from '../../lib/telemetry/observation/access_log';
import { useApp } from '../support/app';
import { withInlineApp } from '../support/inline_app';

/** What is written of events that are told one after the other. */
function written(options: AccessLogOptions, ...messages: Partial<EndedEventMessage>[]): string[] {
  const lines: string[] = [];
  const level = (name: string) => (line: string) => lines.push(`${name} ${line}`);
  const logger = { debug: level('debug'), info: level('info'), warn: level('warn') } as unknown as EggLogger;
  const observer = createAccessLog(logger, options);
  for (const message of messages) {
    observer.eventEnd!({
      kind: 'message', nsp: '/', event: 'e', socket: { id: 'x' }, outcome: 'acked', code: undefined, duration: 1, ...message,
    } as EndedEventMessage);
  }
  return lines;
}

describe('test/observation/logs.test.ts', () => {
  describe('the access log', () => {
    it('writes a line for each event, with outcome, code and milliseconds', () => {
      assert.deepEqual(written({}, { duration: 1.26 }, { outcome: 'refused', code: 'FORBIDDEN', nsp: '/chat', event: 'say\nmore' }), [
        'info [/ e x] acked 1.3ms',
        'info [/chat say\\u000amore x] refused FORBIDDEN 1.0ms',
      ]);
      assert.deepEqual(written({ level: 'debug' }, {}), [ 'debug [/ e x] acked 1.0ms' ]);
      assert.deepEqual(written({}, { event: 'y'.repeat(1000) }), [ `info [/ ${'y'.repeat(100)} x] acked 1.0ms` ]);
    });

    it('writes the configured share of the lines, evenly, and none with 0', () => {
      const events = Array.from({ length: 8 }, (_, i) => ({ event: String(i + 1) }));
      const sampled = (sample: number) => written({ sample }, ...events).map(line => Number(/\/ (\d+)/.exec(line)![1]));
      assert.deepEqual(sampled(0.25), [ 4, 8 ]);
      assert.deepEqual(sampled(0.5), [ 2, 4, 6, 8 ]);
      assert.deepEqual(sampled(0), []);
      assert.equal(sampled(1).length, 8);
    });

    it('always writes slow and failed events, and samples refusals that a client alone can cause', () => {
      const slow = { sample: 0, slow: 200 };
      assert.deepEqual(written(slow, { duration: 199.9 }, { duration: 200 }), [ 'warn [/ e x] acked 200.0ms slow' ]);
      assert.deepEqual(written({ sample: 0, slow: false }, { duration: 1e6 }), []);
      assert.deepEqual(written(slow, { outcome: 'failed', code: 'INTERNAL' }, { outcome: 'timeout', code: 'HANDLER_TIMEOUT' }), [
        'warn [/ e x] failed INTERNAL 1.0ms', 'warn [/ e x] timeout HANDLER_TIMEOUT 1.0ms',
      ]);
      for (const outcome of [ 'refused', 'unknown', 'gone' ] as const) assert.deepEqual(written(slow, { outcome }), []);
    });

    it('writes connection and disconnect handlers if they are slow or have failed', () => {
      const life = { kind: 'connection', event: 'connection', outcome: 'done' } as const;
      assert.deepEqual(written({ slow: 10 }, life, { ...life, duration: 10 }, { ...life, outcome: 'failed', code: 'INTERNAL' }), [
        'warn [/ connection x] done 10.0ms slow', 'warn [/ connection x] failed INTERNAL 1.0ms',
      ]);
    });

    it('is written to egg-socketio.log if the app enables it', async () => {
      await withInlineApp({
        'config/config.default.js': "module.exports = () => ({ keys: 'k', socketio: { accessLog: { slow: 0 } } });",
        'app/socket/echo.ts': `import { OnWSMessage, WSController } from 'egg-socketio';
          @WSController('/') export class Echo { @OnWSMessage('echo') echo() { return 1; } }`,
      }, async ({ app, warnings }) => {
        const client = await app.createSocketIOClient();
        await client.sendWithAck('echo');
        assert.match(warnings.join('\n'), new RegExp(`^\\[/ echo ${client.id}\\] acked \\d+\\.\\dms slow$`));
        await client.close();
      });
    });
  });

  describe('the plugin\'s own logger', () => {
    it('writes to a file next to Egg\'s logs, or to the configured file', async () => {
      const config = (logger: string) => ({ 'config/config.default.js': `module.exports = () => ({ keys: 'k', customLogger: ${logger} });` });
      const fileOf = (logger: EggLogger) => (logger as unknown as { options: { file: string; level: number } }).options.file;
      await withInlineApp({}, ({ app }) => {
        assert.equal(fileOf(loggerOf(app as never)), `${app.config.logger.dir}/egg-socketio.log`);
        assert.equal(fileOf(loggerOf((app as unknown as { agent: never }).agent)), `${app.config.logger.dir}/egg-socketio.log`);
      });
      await withInlineApp(config("{ socketioLogger: { file: 'mine.log' } }"), ({ app }) => {
        assert.equal(fileOf(loggerOf(app as never)), `${app.config.logger.dir}/mine.log`);
      });
    });

    it('is Egg\'s coreLogger if there is no such logger', () => {
      const coreLogger = {};
      assert.equal(loggerOf({ getLogger: () => null, coreLogger } as never), coreLogger);
    });
  });

  describe('ctx.logger', () => {
    const t = useApp('observed');

    it('writes namespace, event and socket id into its lines, also in connection and disconnect handlers', async () => {
      t.app.mockLog();
      const client = await t.connect({ namespace: '/watched' });
      const { id } = client;
      await client.sendWithAck('echo');
      t.app.expectLog(`[/watched connection ${id}] a line of a connection handler`);
      const left = once(t.app.io.of('/watched').sockets.get(id!)!, 'disconnect');
      await client.close();
      await left;
      t.app.expectLog(`[/watched disconnect ${id}] a line of a disconnect handler`);
    });
  });
});
