import assert from 'node:assert/strict';
import Module from 'node:module';
import { type OpenMetricsContentType, Registry } from 'prom-client';
import { socketioMetrics } from 'egg-socketio/prometheus';
import { useApp } from '../support/app';
import { eventLoopIsWatched } from '../support/event_loop';

/** Runs `use` as if a package were not installed. */
function without(name: string, use: () => void): void {
  const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
  const { _load: load } = loader;
  loader._load = function(request, ...rest) {
    if (request === name) throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
    return load.call(this, request, ...rest);
  };
  try {
    use();
  } finally {
    loader._load = load;
  }
}

describe('test/observation/prometheus.test.ts', () => {
  const t = useApp('stats');

  /** The samples of what the app's own route answers, by name and labels; without that of the worker. */
  async function scrape(): Promise<Map<string, number>> {
    const { text } = await t.app.httpRequest().get('/metrics').expect(200).expect('content-type', /^text\/plain; version=0\.0\.4/);
    const lines = text.split('\n').filter(line => line && !line.startsWith('#'));
    return new Map(lines.map(line => {
      const [ , name, value ] = /^(.+) (\S+)$/.exec(line)!;
      return [ name.replace(/worker="[\w-]+",?/, '').replace('{}', ''), Number(value) ];
    }));
  }

  it('exports the figures of stats() in Prometheus\'s units', async () => {
    const client = await t.connect({ transports: [ 'websocket' ] });
    const before = await scrape();
    await eventLoopIsWatched();
    await client.sendWithAck('join', 'a');
    await client.sendWithAck('block', 150);
    await client.sendWithAck('fail', 'ROOM_FULL');
    const samples = await scrape();
    const grown = (name: string) => samples.get(name)! - (before.get(name) ?? 0);
    assert.equal(samples.get('socketio_connections{transport="websocket"}'), 1);
    assert.equal(samples.get('socketio_connections{transport="polling"}'), 0);
    assert.equal(samples.get('socketio_sockets{namespace="/"}'), 1);
    assert.equal(samples.get('socketio_rooms{namespace="/"}'), 1);
    assert.equal(grown('socketio_errors_total{code="ROOM_FULL"}'), 1);
    for (const event of [ 'join', 'block', 'fail' ]) {
      const labels = `namespace="/",event="${event}"`;
      assert.equal(grown(`socketio_event_duration_seconds_count{${labels}}`), 1);
      assert.equal(grown(`socketio_event_duration_seconds_bucket{${labels},le="+Inf"}`), 1);
      assert.equal(grown(`socketio_event_duration_seconds_bucket{${labels},le="30"}`), 1);
      assert.equal(grown(`socketio_event_duration_seconds_bucket{${labels},le="0.1"}`), event === 'block' ? 0 : 1);
    }
    const sum = grown('socketio_event_duration_seconds_sum{namespace="/",event="block"}');
    assert.ok(sum >= 0.15, `${sum}`);
    const delay = samples.get('socketio_event_loop_delay_seconds{value="max"}')!;
    assert.ok(delay >= 0.1, `${delay}`);
    for (const name of [ 'refused_total{limit="rooms"}', 'forwarded_total{kind="request"}', 'relayed_websockets', 'take_overs_total', 'buffered_bytes', 'peers', 'workers_missing' ]) {
      assert.equal(samples.get(`socketio_${name}`), 0, name);
    }
    assert.ok(samples.get('socketio_uptime_seconds')! > 0);
  });

  it('labels events by handler, those of a dynamic namespace by its pattern, and none by names that clients make up', async () => {
    const events = async () => new Set([ ...(await scrape()).keys() ].flatMap(name => /_seconds_count\{(.*)\}/.exec(name)?.[1] ?? []));
    const client = await t.connect();
    await events();
    for (const namespace of [ '/room-1', '/room-2' ]) await (await t.connect({ namespace })).sendWithAck('pid');
    for (const event of [ 'made up', 'constructor', '__proto__', 'a"} 1\nb{c="' ]) await client.sendWithAck(event);
    await client.sendWithAck('pid');
    const labels = await events();
    assert.ok(labels.has('namespace="/",event="pid"'));
    assert.ok(labels.has('namespace="/^\\\\/room-\\\\d+$/",event="pid"'), [ ...labels ].join('\n'));
    for (const label of labels) assert.match(label, /event="(pid|join|block|fail)"$/);
  });

  it('accepts a registry and a prefix, and both formats of Prometheus', async () => {
    const client = await t.connect();
    await client.sendWithAck('pid');
    const register = new Registry<OpenMetricsContentType>();
    register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    socketioMetrics(t.app, { register, prefix: 'chat_' });
    const text = await register.metrics();
    assert.match(text, /^chat_take_overs_total\{worker="\d+"\} 0$/m);
    assert.match(text, /^chat_event_duration_seconds_bucket\{worker="\d+",namespace="\/",event="pid",le="0.001"\} \d+$/m);
    assert.doesNotMatch(text, /socketio_/);
    const metrics = await register.getMetricsAsJSON();
    const { values } = metrics.find(({ name }) => name === 'chat_event_duration_seconds')!;
    assert.equal(values.filter(({ labels }) => labels.namespace === '/' && labels.event === 'pid').length, 17, 'fourteen buckets, that of all, sum and count');
  });

  it('refuses to register twice in a registry with the same prefix', () => {
    const register = new Registry();
    socketioMetrics(t.app, { register });
    assert.throws(() => socketioMetrics(t.app, { register }), /socketio_connections has already been registered/);
  });

  it('names the missing package if prom-client is not installed', () => without('prom-client', () => {
    assert.throws(() => socketioMetrics(t.app), {
      code: 'PACKAGE_MISSING', message: /^\[egg-socketio\] egg-socketio\/prometheus needs prom-client, which cannot be loaded: run 'npm install prom-client'/,
    });
  }));
});
