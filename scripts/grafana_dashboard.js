'use strict';

// Writes the Grafana dashboard, grafana/egg-socketio.json. A panel here is its title, its unit and its queries, each with a legend.
// `--check` writes nothing and fails if the file is outdated.
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const FILE = path.join(__dirname, '../grafana/egg-socketio.json');
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
/** Grid units; a row of panels is 24 wide. */
const [ WIDTH, HEIGHT, WHOLE ] = [ 8, 8, 24 ];

const OF_INSTANCE = 'job=~"$job", instance=~"$instance"';
const OF_WORKER = `${OF_INSTANCE}, worker=~"$worker"`;

const metric = (name, more) => `socketio_${name}{${OF_WORKER}${more ? `, ${more}` : ''}}`;
const rate = (name, more) => `rate(${metric(name, more)}[$__rate_interval])`;
const increase = (name, more) => `increase(${metric(name, more)}[$__rate_interval])`;
const sum = (expr, ...by) => (by.length > 0 ? `sum by (${by.join(', ')}) (${expr})` : `sum(${expr})`);
const ratio = (a, b) => `${a} / ${b}`;
const quantile = (share, ...by) => `histogram_quantile(${share}, ${sum(rate('event_duration_seconds_bucket'), 'le', ...by)})`;

const EACH = '{{instance}} {{worker}}';
const byWorker = name => ({ [EACH]: sum(metric(name), 'instance', 'worker') });

/** By row: each panel's title, unit, and queries by legend. */
const ROWS = {
  Connections: [
    [ 'Connections by transport', 'short', { '{{transport}}': sum(metric('connections'), 'transport') }],
    [ 'Connections by worker', 'short', byWorker('connections') ],
    [ 'Sockets by namespace', 'short', { '{{namespace}}': sum(metric('sockets'), 'namespace') }],
    [ 'Connects', 'ops', { '{{namespace}}': sum(rate('connects_total'), 'namespace') }],
    [ 'Disconnects by reason', 'ops', { '{{reason}}': sum(rate('disconnects_total'), 'reason') }],
    [ 'Rooms by namespace', 'short', { '{{namespace}}': sum(metric('rooms'), 'namespace') }],
    [ 'Packets', 'pps', {
      'received, {{transport}}': sum(rate('received_packets_total'), 'transport'), 'sent, {{transport}}': sum(rate('sent_packets_total'), 'transport'),
    }],
    [ 'Bytes', 'Bps', {
      'received, {{transport}}': sum(rate('received_bytes_total'), 'transport'), 'sent, {{transport}}': sum(rate('sent_bytes_total'), 'transport'),
    }],
    [ 'Bytes waiting for clients', 'bytes', byWorker('buffered_bytes') ],
  ],
  Events: [
    [ 'Events', 'ops', { '{{namespace}} {{event}}': sum(rate('event_duration_seconds_count'), 'namespace', 'event') }],
    [ 'Duration', 's', { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) }],
    [ 'Duration by event, p95', 's', { '{{namespace}} {{event}}': quantile(0.95, 'namespace', 'event') }],
    [ 'Mean duration by event', 's', {
      '{{namespace}} {{event}}': ratio(
        sum(rate('event_duration_seconds_sum'), 'namespace', 'event'), sum(rate('event_duration_seconds_count'), 'namespace', 'event'),
      ),
    }],
    [ 'Running handlers', 'short', byWorker('running_handlers') ],
  ],
  Errors: [
    [ 'Errors by code', 'ops', { '{{code}}': sum(rate('errors_total'), 'code') }],
    [ 'Errors for each event', 'percentunit', { errors: ratio(sum(rate('errors_total')), sum(rate('event_duration_seconds_count'))) }],
    [ 'Refusals by limit', 'ops', { '{{limit}}': `${sum(rate('refused_total'), 'limit')} > 0` }],
  ],
  Cluster: [
    [ 'Workers that do not answer', 'short', { '{{instance}}': `sum by (instance) (socketio_workers_missing{${OF_INSTANCE}})` }],
    [ 'Other workers with an open link', 'short', byWorker('peers') ],
    [ 'Bytes waiting for other workers', 'bytes', {
      '{{instance}} {{worker}} → {{peer}}': sum(metric('peer_queue_bytes'), 'instance', 'worker', 'peer'),
    }],
    [ 'Forwarded to other workers', 'ops', { '{{kind}}': sum(rate('forwarded_total'), 'kind') }],
    [ 'Sessions taken over', 'ops', { sessions: sum(rate('take_overs_total')) }],
    [ 'Relayed WebSockets', 'short', byWorker('relayed_websockets') ],
  ],
  Recovery: [
    [ 'Clients that came back', 'ops', { '{{outcome}}': sum(rate('recoveries_total'), 'outcome') }],
    [ 'Share that was recovered', 'percentunit', {
      recovered: ratio(sum(rate('recoveries_total', 'outcome="recovered"')), sum(rate('recoveries_total'))),
    }],
    [ 'Sessions kept', 'short', byWorker('recovery_sessions') ],
    [ 'Packets kept', 'short', byWorker('recovery_packets') ],
    [ 'Bytes kept', 'bytes', byWorker('recovery_bytes') ],
    [ 'Copies of sessions of other workers', 'short', byWorker('recovery_copied_sessions') ],
    [ 'Bytes of these copies', 'bytes', byWorker('recovery_copied_bytes') ],
  ],
  Redis: [
    [ 'Redis is up', 'short', byWorker('redis_up') ],
    [ 'Outages', 'short', { [EACH]: sum(increase('redis_outages_total'), 'instance', 'worker') }],
    [ 'Messages that were lost', 'short', { [EACH]: sum(increase('redis_lost_messages_total'), 'instance', 'worker') }],
    [ 'Namespaces that were deaf', 'short', {
      'deaf, {{instance}} {{worker}}': sum(increase('redis_deaf_total'), 'instance', 'worker'),
      'mended, {{instance}} {{worker}}': sum(increase('redis_mended_total'), 'instance', 'worker'),
    }],
  ],
  Process: [
    [ 'CPU', 'percentunit', { [EACH]: sum(rate('process_cpu_seconds_total'), 'instance', 'worker') }],
    [ 'Resident memory', 'bytes', byWorker('process_resident_memory_bytes') ],
    [ 'Used heap', 'bytes', byWorker('process_heap_used_bytes') ],
    [ 'Event-loop delay, p99', 's', { [EACH]: sum(metric('event_loop_delay_seconds', 'value="p99"'), 'instance', 'worker') }],
    [ 'Uptime', 's', byWorker('uptime_seconds') ],
  ],
};

/** Queries in a dashboard are A, B, C, … */
const refIdOf = i => String.fromCharCode('A'.charCodeAt(0) + i);

function panelOf([ title, unit, queries ]) {
  return {
    type: 'timeseries',
    title,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 10, showPoints: 'never' } }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: Object.entries(queries).map(([ legendFormat, expr ], i) => (
      { refId: refIdOf(i), datasource: DATASOURCE, expr, legendFormat }
    )),
  };
}

/** The panels of a row that begins at a height. */
function rowOf(title, row, y) {
  const placed = row.map((panel, i) => {
    const x = i * WIDTH;
    return { ...panelOf(panel), gridPos: { x: x % WHOLE, y: y + 1 + Math.floor(x / WHOLE) * HEIGHT, w: WIDTH, h: HEIGHT } };
  });
  return [{ type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: WHOLE, h: 1 } }, ...placed ];
}

function panels() {
  const all = [];
  for (const [ title, row ] of Object.entries(ROWS)) {
    const { gridPos: { y, h } } = all.at(-1) ?? { gridPos: { y: 0, h: 0 } };
    all.push(...rowOf(title, row, y + h));
  }
  return all.map((panel, i) => ({ id: i + 1, ...panel }));
}

function variable(name, label, selector) {
  const query = `label_values(socketio_uptime_seconds${selector && `{${selector}}`}, ${name})`;
  return {
    type: 'query', name, label, datasource: DATASOURCE, definition: query, query: { query, refId: name }, refresh: 2, sort: 3,
    multi: true, includeAll: true, allValue: '.*', current: { text: 'All', value: '$__all' },
  };
}

const dashboard = {
  title: 'egg-socketio',
  uid: 'egg-socketio',
  description: 'Connections, events, workers and Redis of an Egg app with egg-socketio.',
  tags: [ 'egg', 'socket.io' ],
  schemaVersion: 39,
  version: 1,
  editable: true,
  graphTooltip: 1,
  refresh: '30s',
  time: { from: 'now-3h', to: 'now' },
  timezone: 'browser',
  templating: {
    list: [
      { type: 'datasource', name: 'datasource', label: 'Data source', query: 'prometheus', current: {}, refresh: 1 },
      variable('job', 'Job', ''),
      variable('instance', 'Instance', 'job=~"$job"'),
      variable('worker', 'Worker', OF_INSTANCE),
    ],
  },
  annotations: { list: [] },
  panels: panels(),
};

/** The content that the file has to have. */
const text = `${JSON.stringify(dashboard, null, 2)}\n`;

module.exports = { FILE, text };

if (require.main === module) {
  if (!process.argv.includes('--check')) writeFileSync(FILE, text);
  else if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== text) {
    console.error('grafana/egg-socketio.json is outdated: run node scripts/grafana_dashboard.js.');
    process.exit(1);
  }
}
