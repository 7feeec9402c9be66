import type { Application as EggApplication } from 'egg';
import type { Histogram, MetricObject, MetricObjectWithValues, MetricValueWithName, Registry, RegistryContentType } from 'prom-client';
import { startupError } from '../../base/errors';
import type { AppStats, Histogram as DurationHistogram, WorkerStats } from '../../types/stats';

/**
 * Options of {@link socketioMetrics}.
 *
 * @see docs/observability.md#statistics
 */
export interface SocketIOMetricsOptions {
  /** @default prom-client's own, `register` */
  register?: Registry<RegistryContentType>;
  /** The prefix of all names. @default 'socketio_' */
  prefix?: string;
}

/** One value of a metric, and its labels besides that of the worker. */
type Sample = readonly [labels: Record<string, string>, value: number];

/** The samples of a metric for each worker. */
interface MetricPlan {
  readonly type: 'Counter' | 'Gauge';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  samples(worker: WorkerStats): Sample[];
}

function byName(label: string, figures: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(figures).map(([ name, value ]) => [{ [label]: name }, value ]);
}

const METRICS: readonly MetricPlan[] = [
  {
    type: 'Gauge', name: 'connections', help: 'Open connections.', labels: [ 'transport' ],
    samples: ({ connections }) => byName('transport', connections),
  },
  {
    type: 'Gauge', name: 'sockets', help: 'Sockets that are connected.', labels: [ 'namespace' ],
    samples: ({ namespaces }) => Object.entries(namespaces).map(([ namespace, { sockets }]) => [{ namespace }, sockets ]),
  },
  {
    type: 'Gauge', name: 'rooms', help: 'Rooms, without those that each socket has for itself.', labels: [ 'namespace' ],
    samples: ({ namespaces }) => Object.entries(namespaces).map(([ namespace, { rooms }]) => [{ namespace }, rooms ]),
  },
  {
    type: 'Counter', name: 'errors_total', help: 'Errors that were sent to clients.', labels: [ 'code' ],
    samples: ({ errors }) => byName('code', errors),
  },
  {
    type: 'Counter', name: 'refused_total', help: 'Refusals by limits and by the origin check.', labels: [ 'limit' ],
    samples: ({ refused }) => byName('limit', refused),
  },
  {
    type: 'Counter', name: 'forwarded_total', help: 'Requests and WebSockets forwarded to another worker.', labels: [ 'kind' ],
    samples: ({ forwarded }) => [[{ kind: 'request' }, forwarded.requests ], [{ kind: 'websocket' }, forwarded.webSockets ]],
  },
  {
    type: 'Gauge', name: 'relayed_websockets', help: 'WebSockets that are relayed to another worker.', labels: [],
    samples: ({ relayed }) => [[{}, relayed ]],
  },
  {
    type: 'Counter', name: 'take_overs_total', help: 'Sessions taken over from another worker.', labels: [],
    samples: ({ takeOvers }) => [[{}, takeOvers ]],
  },
  {
    type: 'Gauge', name: 'recovery_sessions', help: 'Sessions kept for clients that may reconnect.', labels: [],
    samples: ({ recovery: { sessions } }) => [[{}, sessions ]],
  },
  {
    type: 'Gauge', name: 'recovery_packets', help: 'Packets kept for clients that may reconnect.', labels: [],
    samples: ({ recovery: { packets } }) => [[{}, packets ]],
  },
  {
    type: 'Gauge', name: 'recovery_bytes', help: 'Bytes of these packets.', labels: [],
    samples: ({ recovery: { bytes } }) => [[{}, bytes ]],
  },
  {
    type: 'Counter', name: 'redis_deaf_total', help: 'Times that a namespace stopped receiving messages through Redis.', labels: [],
    samples: ({ redis }) => [[{}, redis.deaf ]],
  },
  {
    type: 'Counter', name: 'redis_mended_total', help: 'Times that a namespace received messages through Redis again.', labels: [],
    samples: ({ redis }) => [[{}, redis.mended ]],
  },
  {
    type: 'Gauge', name: 'buffered_bytes', help: 'Bytes waiting for clients.', labels: [],
    samples: ({ bufferedBytes }) => [[{}, bufferedBytes ]],
  },
  {
    type: 'Gauge', name: 'peers', help: 'Other workers with an open link.', labels: [],
    samples: ({ peers }) => [[{}, peers ]],
  },
  {
    type: 'Gauge', name: 'uptime_seconds', help: 'Uptime of the worker.', labels: [],
    samples: ({ uptime }) => [[{}, uptime ]],
  },
  {
    type: 'Gauge', name: 'event_loop_delay_seconds', help: 'Event-loop delay over the last 30 to 60 seconds.', labels: [ 'value' ],
    samples: ({ eventLoopDelay }) => byName('value', { ...eventLoopDelay }).map(([ labels, value ]) => [ labels, value / 1000 ]),
  },
];

type PromClient = typeof import('prom-client');

function loadPromClient(): PromClient {
  try {
    return require('prom-client') as PromClient;
  } catch (cause) {
    throw startupError('PACKAGE_MISSING', "egg-socketio/prometheus needs prom-client, which cannot be loaded: run 'npm install prom-client'.", cause);
  }
}

const EVENT_LABELS = [ 'worker', 'namespace', 'event' ] as const;
type EventLabel = typeof EVENT_LABELS[number];

/** The samples of one histogram, in seconds. */
function histogramValues(name: string, labels: Record<EventLabel, string>, { count, sum, buckets }: DurationHistogram) {
  return [
    ...Object.entries(buckets).map(([ bound, value ]) => ({ metricName: `${name}_bucket`, labels: { ...labels, le: Number(bound) / 1000 }, value })),
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels, value: sum / 1000 },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

/** prom-client's own histogram can only observe; this one shows the counts of the workers. */
function defineHistogram(promClient: PromClient, name: string, register: Registry, ask: () => Promise<AppStats>): Histogram {
  const Base = promClient.Histogram<EventLabel>;
  const help = 'Time from the arrival of an event to its result.';
  class SharedHistogram extends Base {
    override async get(): Promise<MetricObjectWithValues<MetricValueWithName<EventLabel>>> {
      const { workers } = await ask();
      const values = workers.flatMap(({ number, events: { durations } }) => Object.entries(durations).flatMap(
        ([ namespace, events ]) => Object.entries(events).flatMap(
          ([ event, histogram ]) => histogramValues(name, { worker: String(number), namespace, event }, histogram),
        ),
      ));
      const { type } = this as unknown as Pick<MetricObject, 'type'>;
      return { name, help, type, aggregator: 'sum', values } as MetricObjectWithValues<MetricValueWithName<EventLabel>>;
    }

    /** `Registry#metrics()` calls it instead of {@link get}, which uses it; it is not in prom-client's types. */
    async getForPromString() {
      return this.get();
    }
  }
  return new SharedHistogram({ name, help, labelNames: EVENT_LABELS, registers: [ register ] });
}

/**
 * Adds the values of `app.io.stats()` to a prom-client registry. They cover all workers of this machine, each with a label `worker`, so
 * any worker can answer a scrape. This exposes nothing; you need a route for that.
 *
 * @param app - Egg's application
 * @param options - the registry, and the prefix of the names
 * @throws {Error} without prom-client; if the registry already has metrics of these names
 * @see docs/observability.md#prometheus
 */
export function socketioMetrics(app: Pick<EggApplication, 'io'>, options: SocketIOMetricsOptions = {}): void {
  const { register, prefix = 'socketio_' } = options;
  const promClient = loadPromClient();
  // The registry's output format does not matter to metrics, but prom-client's types distinguish them.
  const registry = (register ?? promClient.register) as Registry;
  let asked: Promise<AppStats> | undefined;
  // Some values are measured from the first call on, which need not wait for a scrape.
  app.io.stats({ timeout: 0 }).catch(() => undefined);
  // All metrics of one scrape come from one result.
  const ask = () => asked ??= app.io.stats().finally(() => { asked = undefined; });

  for (const { type, name, help, labels, samples } of METRICS) {
    const named = { name: `${prefix}${name}`, help, labelNames: [ 'worker', ...labels ], registers: [ registry ] };
    const fill = async (metric: { reset(): void }, set: (values: Record<string, string>, value: number) => void) => {
      const { workers } = await ask();
      metric.reset();
      for (const worker of workers) {
        for (const [ own, value ] of samples(worker)) set({ worker: String(worker.number), ...own }, value);
      }
    };
    if (type === 'Counter') {
      new promClient.Counter({ ...named, async collect() { await fill(this, (values, value) => this.inc(values, value)); } });
    } else {
      new promClient.Gauge({ ...named, async collect() { await fill(this, (values, value) => this.set(values, value)); } });
    }
  }
  new promClient.Gauge({
    name: `${prefix}workers_missing`, help: 'Workers that have not answered in time.', registers: [ registry ],
    async collect() { this.set((await ask()).missing.length); },
  });
  defineHistogram(promClient, `${prefix}event_duration_seconds`, registry, ask);
}
