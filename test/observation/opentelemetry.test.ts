import assert from 'node:assert/strict';
import { channel, tracingChannel } from 'node:diagnostics_channel';
import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import type { MockApplication } from 'egg-mock';
import { InMemorySpanExporter, SimpleSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { codeBlocksOf, readPage } from '../docs/markdown';
import { withInlineApp } from '../support/inline_app';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const traceparent = `00-${TRACE}-${PARENT}-01`;

// The recipe as the page has it; only the exporter is another.
const recipe = codeBlocksOf(readPage('docs/observability.md')).find(({ path }) => path === 'app/tracing.ts')!.content;
const FILES = {
  'app/tracing.ts': recipe,
  'app/socket/traced.ts': `
    import { trace } from '@opentelemetry/api';
    import { OnWSMessage, SocketIOError, WSController } from 'egg-socketio';

    const inner = async (name: string) => {
      await null;
      trace.getTracer('app').startSpan(name).end();
    };

    @WSController()
    export class Traced {
      @OnWSMessage('load') async load(name: string) { await inner(name); return 'loaded'; }
      @OnWSMessage('fail') fail() { throw new Error('broken'); }
      @OnWSMessage('deny') deny() { throw new SocketIOError('FORBIDDEN'); }
    }`,
};

interface Recipe { traceEvents(processor: SpanProcessor): () => Promise<void> }

describe('test/observation/opentelemetry.test.ts', () => {
  let exporter: InMemorySpanExporter;
  const spanOf = (name: string) => exporter.getFinishedSpans().find(span => span.name === name)!;

  // It is shut down with the tracing.
  beforeEach(() => { exporter = new InMemorySpanExporter(); });
  afterEach(() => {
    trace.disable();
    context.disable();
    propagation.disable();
  });

  /** Starts an app with the recipe of docs/observability.md. */
  const withRecipe = (use: (app: MockApplication, stop: () => Promise<void>) => Promise<void>) => (
    withInlineApp(FILES, async ({ app, baseDir }, startError) => {
      assert.ifError(startError);
      const { traceEvents } = require(`${baseDir}/app/tracing`) as Recipe;
      const stop = traceEvents(new SimpleSpanProcessor(exporter));
      try {
        await use(app, stop);
      } finally {
        await stop();
      }
    })
  );

  for (const [ where, options ] of Object.entries({ 'a header': { extraHeaders: { traceparent } }, auth: { auth: { traceparent } } })) {
    it(`events continue the trace of the handshake, from ${where}`, () => withRecipe(async app => {
      const client = await app.createSocketIOClient(options);
      const names = [ 'one', 'two', 'three' ];
      await Promise.all(names.map(name => client.sendWithAck('load', name)));
      for (const event of [ 'fail', 'deny', 'made up' ]) await client.sendWithAck(event);
      const loads = exporter.getFinishedSpans().filter(({ name }) => name === '/ load');
      assert.equal(loads.length, 3);
      for (const { parentSpanContext: parent } of loads) {
        assert.deepEqual([ parent?.traceId, parent?.spanId ], [ TRACE, PARENT ]);
      }
      const parents = names.map(name => spanOf(name).parentSpanContext!.spanId);
      assert.deepEqual(new Set(parents), new Set(loads.map(span => span.spanContext().spanId)), 'each is within the span of its own event');
      assert.equal(loads[0].attributes['socketio.outcome'], 'acked');
      assert.match(String(loads[0].attributes['code.function.name']), /traced\.ts: Traced\.load$/);
      const failed = spanOf('/ fail');
      assert.equal(failed.status.code, SpanStatusCode.ERROR);
      assert.equal(failed.attributes['error.type'], 'INTERNAL');
      assert.deepEqual(failed.events.map(({ name, attributes }) => [ name, attributes?.['exception.message'] ]), [[ 'exception', 'broken' ]]);
      assert.equal(spanOf('/ deny').status.code, SpanStatusCode.UNSET);
      assert.equal(spanOf('unknown event').attributes['socketio.outcome'], 'unknown');
      await client.close();
    }));
  }

  it('without a trace of the client, each event starts its own; nothing is recorded after the stop', () => withRecipe(async (app, stop) => {
    const client = await app.createSocketIOClient({ auth: { traceparent: { not: 'a text' } } });
    await client.sendWithAck('load', 'one');
    await client.sendWithAck('load', 'two');
    const traces = [ 'one', 'two' ].map(name => spanOf(name).spanContext().traceId);
    assert.equal(new Set(traces).size, 2);
    await stop();
    const { start, end } = tracingChannel('egg-socketio:event');
    assert.deepEqual([ start, end, channel('egg-socketio:event:end') ].map(({ hasSubscribers }) => hasSubscribers), [ false, false, false ]);
    await client.close();
  }));
});
