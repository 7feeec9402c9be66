import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { parse } from 'yaml';
import { codeBlocksOf, readPage, ROOT, tableRowsOf } from '../docs/markdown';
import { type Exposition, scrapeUntil } from '../support/exposition';
import { problemsOf, usesOf } from '../support/promql';
import { needsRedis, RedisServer } from '../support/redis';
import { type RunningServer, startCluster } from '../support/server';

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
  readonly datasource: { readonly uid: string };
}
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
}
interface Variable { readonly name: string; readonly type: string; readonly query: string | { readonly query: string } }

const { FILE, text } = require('../../scripts/grafana_dashboard') as { FILE: string; text: string };
const dashboard = JSON.parse(readFileSync(FILE, 'utf8')) as {
  schemaVersion: number; uid: string; title: string; panels: Panel[]; templating: { list: Variable[] };
};
const targets = dashboard.panels.flatMap(({ title, targets: own = [] }) => own.map(target => ({ title, ...target })));

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}
const operations = readPage('docs/operations.md');
const [ block ] = codeBlocksOf(operations).filter(({ language }) => language === 'yaml');
const { groups: [{ rules }] } = parse(block.content) as { groups: { rules: Rule[] }[] };

/** The metric that a sample belongs to. */
const familyOf = (name: string) => name.replace(/(_duration_seconds)_(bucket|sum|count)$/, '$1');

describe('test/observation/queries.test.ts', function() {
  this.timeout(60_000);
  needsRedis();
  let redis: RedisServer | undefined;
  let server: RunningServer | undefined;
  let client: SocketIOTestClient | undefined;
  /** Of an app in which each metric has a sample. */
  let exposition: Exposition;

  before(async () => {
    redis = await RedisServer.start();
    server = await startCluster('stats', 2, { env: { STATS_OPTIONS: '{}', STATS_REDIS: JSON.stringify({ url: redis.url }) } });
    client = await new SocketIOTestClient({ url: server.url }).connect();
    await client.sendWithAck('fail', 'ROOM_FULL');
    exposition = await scrapeUntil(server.url, it => it.sum('socketio_peers') === 2 && it.of('socketio_event_duration_seconds_count').length > 0);
  });
  after(async () => {
    await client?.close();
    await server?.stop();
    await redis?.close();
  });

  describe('the Grafana dashboard', () => {
    it('is what scripts/grafana_dashboard.js writes, below the folder that is shipped', () => {
      assert.equal(path.relative(ROOT, FILE), 'grafana/egg-socketio.json');
      assert.equal(readFileSync(FILE, 'utf8'), text, 'run node scripts/grafana_dashboard.js');
    });

    it('can be imported: it has a schema version, a data source as a variable, and panels that do not overlap', () => {
      assert.ok(dashboard.schemaVersion >= 30);
      assert.ok(dashboard.uid && dashboard.title);
      assert.deepEqual(dashboard.templating.list.map(({ name, type }) => [ name, type ]), [
        [ 'datasource', 'datasource' ], [ 'job', 'query' ], [ 'instance', 'query' ], [ 'worker', 'query' ],
      ]);
      assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
      assert.deepEqual(dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title), [
        'Connections', 'Events', 'Errors', 'Cluster', 'Recovery', 'Redis', 'Process',
      ]);
      const taken = new Map<string, string>();
      for (const { title, gridPos: { x, y, w, h } } of dashboard.panels) {
        assert.ok(x + w <= 24, title);
        for (let left = x; left < x + w; left++) {
          for (let top = y; top < y + h; top++) {
            assert.equal(taken.get(`${left},${top}`), undefined, `${title} covers another panel`);
            taken.set(`${left},${top}`, title);
          }
        }
      }
      for (const { title, datasource } of targets) assert.equal(datasource.uid, '${datasource}', title);
    });

    it('has only queries of metrics and labels that a real app exports', () => {
      assert.ok(targets.length > 30, `${targets.length} queries`);
      assert.deepEqual(targets.flatMap(({ expr }) => problemsOf(expr, exposition)), []);
      const legends = targets.flatMap(({ expr, legendFormat }) => {
        const used = usesOf(expr).flatMap(({ labels }) => labels);
        return [ ...legendFormat.matchAll(/\{\{(\w+)\}\}/g) ].filter(([ , label ]) => !used.includes(label)).map(([ legend ]) => `${legend}: ${expr}`);
      });
      assert.deepEqual(legends, []);
      for (const { name, query } of dashboard.templating.list) {
        if (typeof query === 'string') continue;
        const [ , selector, label ] = /^label_values\((.+), (\w+)\)$/.exec(query.query)!;
        assert.equal(label, name);
        assert.deepEqual(problemsOf(`sum by (${label}) (${selector})`, exposition), []);
      }
    });

    it('shows each metric', () => {
      const shown = new Set(targets.flatMap(({ expr }) => usesOf(expr).map(({ metric }) => familyOf(metric))));
      const exported = new Set(exposition.samples.map(({ name }) => familyOf(name)));
      assert.deepEqual([ ...exported ].filter(name => !shown.has(name)), []);
      assert.ok(exported.size > 30, `${exported.size} metrics`);
    });

    it('a query that is wrong in any of these ways is found', () => {
      const SELECTED = 'socketio_errors_total{worker=~"$worker"}';
      assert.deepEqual(problemsOf(`sum by (code, instance) (rate(${SELECTED}[$__rate_interval]))`, exposition), []);
      assert.match(String(problemsOf('sum(socketio_mistakes_total)', exposition)), /^socketio_mistakes_total does not exist/);
      assert.match(String(problemsOf(`sum by (reason) (${SELECTED})`, exposition)), /^socketio_errors_total has no label reason/);
      assert.match(String(problemsOf('socketio_errors_total{nsp="/"} > 0', exposition)), /^socketio_errors_total has no label nsp/);
      assert.match(String(problemsOf(`1 + sum(${SELECTED}) / on (le) sum(socketio_peers)`, exposition)), /has no label le/);
      assert.throws(() => usesOf(`sum by (code (${SELECTED})`), /^Error: not valid at \d+/);
    });
  });

  describe('the alerts of docs/operations.md', () => {
    it('have only queries of metrics and labels that a real app exports', () => {
      assert.ok(rules.length > 10, `${rules.length} alerts`);
      assert.deepEqual(rules.flatMap(({ expr }) => problemsOf(expr, exposition)), []);
    });

    it('have each a name of its own, a severity, and a summary with labels that the query has', () => {
      assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
      for (const { alert, expr, for: duration = '0s', labels, annotations: { summary } } of rules) {
        assert.match(labels.severity, /^(page|ticket|info)$/, alert);
        assert.match(duration, /^\d+[sm]$/, alert);
        const kept = usesOf(expr).flatMap(use => use.labels);
        const named = [ ...summary.matchAll(/\{\{ \$labels\.(\w+) \}\}/g) ].map(([ , label ]) => label);
        assert.deepEqual(named.filter(label => !kept.includes(label)), [], alert);
      }
    });

    it('are each in the runbook, and no others', () => {
      const rows = tableRowsOf(operations, /^### By alert/);
      const listed = rows.flatMap(([ cell ]) => [ ...cell.matchAll(/`(\w+)`/g) ].map(([ , name ]) => name));
      assert.deepEqual(listed.sort(), rules.map(({ alert }) => alert).sort());
    });

    it('do not fire in an app without problems', () => {
      // Only comparisons with a constant can be checked with this app; the others need a Prometheus.
      for (const { expr } of rules) {
        const [ , aggregate, metric, selector, operator, threshold ] = /^(max|min|sum) by \([\w, ]+\) \((\w+)(?:\{(\w+="\w+")\})?\) (>|==) ([\d.e]+)$/.exec(expr) ?? [];
        // The machine may be busy, and that is no problem of the app.
        if (!aggregate || metric === 'socketio_event_loop_delay_seconds') continue;
        const labels = selector ? Object.fromEntries([ selector.replaceAll('"', '').split('=') ]) as Record<string, string> : {};
        const values = exposition.of(metric, labels).map(({ value }) => value);
        const fires = operator === '>' ? values.some(value => value > Number(threshold)) : values.includes(Number(threshold));
        assert.equal(fires, false, `${expr}: ${values.join()}`);
      }
    });
  });

  it('each line of the log in the runbook is explained in docs/troubleshooting.md', () => {
    const explained = readPage('docs/troubleshooting.md').text;
    const lines = tableRowsOf(operations, /^### By line of the log/).map(([ , line ]) => line.slice(1, -1));
    assert.ok(lines.length > 15, `${lines.length} lines`);
    assert.deepEqual(lines.filter(line => !explained.includes(line)), []);
  });
});
