import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import type { EndedEventMessage, EventMessage, EventOutcome } from 'egg-socketio';
import type { SocketIOTestClient } from 'egg-socketio/mock';
import { frameworkOf } from '../../lib/boot/framework';
import { world } from '../fixtures/apps/observed/app/socket/observed';
import { useApp } from '../support/app';

const STEPS = [ 'start', 'end', 'asyncStart', 'asyncEnd', 'error' ] as const;
const tracing = tracingChannel<unknown, EventMessage>('egg-socketio:event');

/** What there is to see of a message that is over. */
function shown({ event, outcome, code }: EventMessage): unknown[] {
  return code === undefined ? [ event, outcome ] : [ event, outcome, code ];
}

describe('test/observation/events.test.ts', () => {
  const t = useApp('observed');
  const connect = (): Promise<SocketIOTestClient> => t.connect({ namespace: '/watched' });
  let undo: (() => void)[];

  beforeEach(() => { undo = []; });
  afterEach(() => undo.forEach(each => each()));

  function hear<T>(name: string, listener: (message: T) => void): void {
    const hearing = (message: unknown) => listener(message as T);
    subscribe(name, hearing);
    undo.push(() => { unsubscribe(name, hearing); });
  }

  /** What is told of events of clients, from now on. */
  function hearEvents(): { started: EventMessage[]; ended: EndedEventMessage[]; nextEnd(): Promise<void> } {
    const started: EventMessage[] = [];
    const ended: EndedEventMessage[] = [];
    let tell = () => undefined as void;
    hear<EventMessage>('egg-socketio:event:start', message => {
      if (message.kind !== 'message') return;
      assert.equal(message.outcome, undefined);
      started.push(message);
    });
    hear<EndedEventMessage>('egg-socketio:event:end', message => {
      if (message.kind !== 'message') return;
      ended.push(message);
      tell();
    });
    return { started, ended, nextEnd: () => new Promise(resolve => { tell = resolve; }) };
  }

  const ACKED: [event: string, args: unknown[], outcome: EventOutcome, code?: string][] = [
    [ 'echo', [ 1 ], 'acked' ],
    [ 'echo later', [ 1 ], 'acked' ],
    [ 'text', [ 'a' ], 'acked' ],
    [ 'text', [ 1 ], 'refused', 'VALIDATION_FAILED' ],
    [ 'guarded', [], 'refused', 'FORBIDDEN' ],
    [ 'fail', [ 'boom' ], 'failed', 'INTERNAL' ],
    [ 'fail', [ 'translated' ], 'failed', 'TRANSLATED' ],
    [ 'fail later', [], 'failed', 'ROOM_FULL' ],
    [ 'throw nothing', [], 'failed', 'INTERNAL' ],
    [ 'unsendable', [], 'failed', 'INTERNAL' ],
    [ 'hang', [], 'timeout', 'HANDLER_TIMEOUT' ],
    [ 'nobody listens', [], 'unknown', 'EVENT_NOT_FOUND' ],
    [ 'toString', [], 'unknown', 'EVENT_NOT_FOUND' ],
  ];
  for (const [ event, args, outcome, code ] of ACKED) {
    it(`tells once how an event ends, with the code that the client has: ${event}(${args}): ${outcome}`, async () => {
      const client = await connect();
      const { started, ended, nextEnd } = hearEvents();
      const end = nextEnd();
      const answer = await client.sendWithAck<{ error?: { code: string } } | undefined>(event, ...args);
      await end;
      // Nothing comes later: the next event's is the next.
      await Promise.all([ nextEnd(), client.sendWithAck('echo', 2) ]);
      assert.deepEqual(ended.map(shown), [ code === undefined ? [ event, outcome ] : [ event, outcome, code ], [ 'echo', 'acked' ]]);
      assert.deepEqual(started, ended);
      if (code !== undefined) assert.equal(answer?.error?.code, code);
      const [ message ] = ended;
      assert.equal(message.nsp, '/watched');
      assert.equal(message.socket.id, client.id);
      assert.equal(message.wantsAck, true);
      assert.ok(message.duration >= 0);
      assert.equal(message.handler === undefined, outcome === 'unknown');
      assert.equal(message.ctx?.event, outcome === 'unknown' ? undefined : event);
    });
  }

  it('names the handler, and contains the thrown error', async () => {
    const client = await connect();
    const { ended, nextEnd } = hearEvents();
    await Promise.all([ nextEnd(), client.sendWithAck('fail', 'boom') ]);
    assert.match(ended[0].handler!, /app\/socket\/observed\.ts: Watched\.fail$/);
    assert.equal((ended[0].error as Error).message, 'boom');
  });

  it('reports events without an ack, and one whose ack the app sends itself', async () => {
    const client = await connect();
    const { ended, nextEnd } = hearEvents();
    for (const event of [ 'echo', 'fail later', 'nobody listens' ]) {
      const end = nextEnd();
      client.send(event);
      await end;
    }
    const end = nextEnd();
    const answer = client.sendWithAck('take');
    await end;
    world.acks.pop()!('at last');
    assert.equal(await answer, 'at last');
    assert.deepEqual(ended.map(shown), [
      [ 'echo', 'done' ], [ 'fail later', 'failed', 'ROOM_FULL' ], [ 'nobody listens', 'unknown', 'EVENT_NOT_FOUND' ], [ 'take', 'unacked' ],
    ]);
  });

  it('reports an event whose client has left', async () => {
    let open = () => undefined as void;
    world.gate = new Promise<void>(resolve => { open = resolve; });
    const client = await connect();
    const { started, ended, nextEnd } = hearEvents();
    const socket = t.app.io.of('/watched').sockets.get(client.id!)!;
    const left = once(socket, 'disconnect');
    client.send('wait', () => undefined);
    client.send('echo');
    await nextEnd();
    await client.close();
    await left;
    assert.equal(started.length, 2);
    const end = nextEnd();
    open();
    await end;
    assert.deepEqual(ended.map(shown), [[ 'echo', 'done' ], [ 'wait', 'gone' ]]);
  });

  it('reports events that a rate limit refuses: the event\'s own, and that of the connection', async () => {
    const client = await connect();
    const { started, ended } = hearEvents();
    await client.sendWithAck('seldom');
    await client.sendWithAck('seldom');
    assert.deepEqual(ended.map(shown), [[ 'seldom', 'acked' ], [ 'seldom', 'refused', 'RATE_LIMITED' ]]);
    ended.length = started.length = 0;
    // 20 at once, CONNECT among them.
    for (let i = 0; i < 18; i++) await client.sendWithAck(i === 17 ? 'nobody listens' : 'echo');
    assert.deepEqual(ended.map(shown).slice(16), [[ 'echo', 'acked' ], [ 'nobody listens', 'refused', 'RATE_LIMITED' ]]);
    assert.equal(ended[17].handler, undefined);
    assert.deepEqual(started, ended);
  });

  it('reports the connection, disconnecting and disconnect handlers as such', async () => {
    const kinds: unknown[] = [];
    const gone = new Promise<void>(resolve => hear<EventMessage>('egg-socketio:event:end', ({ kind, event, outcome }) => {
      kinds.push([ kind, event, outcome ]);
      if (kind === 'disconnect') resolve();
    }));
    await (await connect()).close();
    await gone;
    assert.deepEqual(kinds, [[ 'connection', 'connection', 'done' ], [ 'disconnect', 'disconnect', 'done' ]]);
  });

  describe('as a tracing channel', () => {
    function trace(): string[] {
      const steps: string[] = [];
      for (const step of STEPS) {
        hear<EventMessage>(`tracing:egg-socketio:event:${step}`, ({ kind, outcome }) => {
          if (kind === 'message') steps.push(`${step} ${outcome}`);
        });
      }
      return steps;
    }

    for (const [ event, expected ] of [
      [ 'echo', [ 'start undefined', 'end acked' ]],
      [ 'echo later', [ 'start undefined', 'end undefined', 'asyncStart acked', 'asyncEnd acked' ]],
      [ 'fail at once', [ 'start undefined', 'error failed', 'end failed' ]],
      [ 'fail later', [ 'start undefined', 'end undefined', 'error failed', 'asyncStart failed', 'asyncEnd failed' ]],
      [ 'nobody listens', [ 'start undefined', 'error unknown', 'end unknown' ]],
    ] as const) {
      it(`publishes an event in Node's order: ${event}`, async () => {
        const client = await connect();
        const steps = trace();
        await client.sendWithAck(event);
        await client.sendWithAck('echo');
        assert.deepEqual(steps, [ ...expected, 'start undefined', 'end acked' ]);
      });
    }

    it('runs handlers in the store that is bound to the start channel, across an await', async () => {
      const spans = new AsyncLocalStorage<{ name: string }>();
      tracing.start.bindStore(spans, message => ({ name: `${message.nsp} ${message.event}` }));
      undo.push(() => { tracing.start.unbindStore(spans); });
      world.look = () => spans.getStore()?.name;
      const client = await connect();
      assert.deepEqual(await client.sendWithAck('look'), [ '/watched look', '/watched look' ]);
      assert.equal(spans.getStore(), undefined);
    });
  });

  it('creates no message of an event without a subscriber, and reports connects and disconnects', async () => {
    const { observation } = frameworkOf(t.app).telemetry;
    const { events, signals } = observation;
    assert.equal(events.isHeard, false);
    const heard = Object.entries(signals).filter(([ , signal ]) => signal.isHeard).map(([ name ]) => name);
    assert.deepEqual(heard, [ 'connect', 'refuse', 'disconnect', 'forward', 'takeOver' ], 'what is counted in the statistics');
    const client = await connect();
    const told: EventMessage[] = [];
    const stop = observation.observe({ eventEnd: message => told.push(message) });
    assert.equal(events.isHeard, true);
    assert.equal(signals.emit.isHeard, false);
    await client.sendWithAck('echo');
    stop();
    await client.sendWithAck('echo');
    assert.equal(events.isHeard, false);
    assert.equal(told.length, 1);
    for (const step of STEPS) {
      const listener = () => undefined;
      subscribe(`tracing:egg-socketio:event:${step}`, listener);
      assert.equal(events.isHeard, true, step);
      unsubscribe(`tracing:egg-socketio:event:${step}`, listener);
    }
    assert.equal(events.isHeard, false);
  });
});
