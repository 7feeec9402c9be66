import type { Application as EggApplication } from 'egg';
import type { Histogram, MetricObject, MetricObjectWithValues, MetricValueWithName, Registry, RegistryContentType } from 'prom-client';
import { startupError } from '../../base/errors';
import type { Histogram as DurationHistogram } from '../../types/stats';
import type { AppStats } from '../../types/worker_stats';
import { METRICS } from './metrics';

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
