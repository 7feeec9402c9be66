import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Server as EngineServer } from 'engine.io';
import { Registry } from 'prom-client';
import defaultConfig from '../../config/config.default';
import * as decorators from '../../lib/controllers/decorator';
import { ERROR_CODES, type ErrorCode } from '../../lib/base/errors';
import { OPTION_KEYS } from '../../lib/boot/options';
import { socketioMetrics } from '../../prometheus';
import { SOCKET_GETTERS, SOCKET_METHODS } from '../../lib/types/context';
import { readPage, ROOT, tableRowsOf } from './markdown';

const sorted = (names: Iterable<string>) => [ ...names ].sort();
const code = (cell: string) => cell.match(/^`(.+)`$/)?.[1];
/** What stands in code marks in the first cell of each row. */
const names = (rows: string[][]) => rows.map(([ cell ]) => code(cell) ?? `not in code marks: ${cell}`);

/** The value that a cell such as `` `[ 'a' ]` `` shows; nothing for one that is in words. */
function valueOf(cell: string): { value: unknown } | undefined {
  const literal = code(cell);
  // eslint-disable-next-line no-new-func
  return literal === undefined ? undefined : { value: Function(`return (${literal})`)() };
}

/** What the plugin and Engine.IO really take where an option is not set. */
function realDefaults(): Record<string, unknown> {
  const engine = new EngineServer();
  engine.close();
  return { ...(engine as unknown as { opts: object }).opts, ...defaultConfig().socketio };
}

describe('test/docs/tables.test.ts', () => {
  it('docs/errors.md lists exactly the codes of the registry, with their messages', () => {
    const rows = tableRowsOf(readPage('docs/errors.md'), /^## Codes/);
    assert.deepEqual(sorted(names(rows)), sorted(Object.keys(ERROR_CODES)));
    for (const [ cell, message, shown ] of rows) {
      const entry = ERROR_CODES[code(cell) as ErrorCode];
      assert.deepEqual({ message, shown }, { message: entry.message, shown: entry.expose ? 'yes' : 'no' }, cell);
    }
  });

  const OPTION_TABLES: [file: string, heading: RegExp][] = [
    [ 'README.md', /^## Options/ ],
    [ 'docs/options.md', /^## (The plugin's own|Socket\.IO's|Engine\.IO's)/ ],
  ];

  for (const [ file, heading ] of OPTION_TABLES) {
    const rows = () => tableRowsOf(readPage(file), heading);

    it(`${file} lists exactly the options`, () => {
      assert.deepEqual(sorted(names(rows())), sorted(OPTION_KEYS));
    });

    it(`${file} shows their real defaults, and the unit of each number`, () => {
      const defaults = realDefaults();
      let compared = 0;
      for (const [ key, type, unit, shown ] of rows()) {
        const value = valueOf(shown);
        const name = code(key)!;
        if (value && name in defaults) {
          assert.deepEqual(value.value, defaults[name], `${file}: ${key}`);
          compared++;
        }
        if (/^number/.test(type) && name !== 'port') assert.match(unit, /^(ms|bytes)$/, `${file}: ${key}`);
      }
      assert.ok(compared >= 15, `${compared} defaults were compared`);
    });

    it(`${file} shows what the default config sets`, () => {
      const shown = new Map(rows().map(([ key, , , value ]) => [ code(key), valueOf(value)?.value ]));
      for (const [ key, value ] of Object.entries(defaultConfig().socketio)) assert.deepEqual(shown.get(key), value, key);
    });
  }

  it('README lists exactly the decorators', () => {
    const rows = tableRowsOf(readPage('README.md'), /^## Decorators/);
    assert.deepEqual(sorted(names(rows).map(name => name.replace(/^@(\w+)\(.*\)$/, '$1'))), sorted(Object.keys(decorators)));
  });

  it('README says what package.json says of versions', () => {
    const { engines, peerDependencies, dependencies } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'));
    const rows = new Map(tableRowsOf(readPage('README.md'), /^## Compatibility/).map(([ name, versions ]) => [ name, versions ]));
    assert.ok(engines.node.startsWith(`>=${rows.get('Node.js')!.split(' ')[0]}`), engines.node);
    assert.ok(peerDependencies.egg.startsWith(`^${rows.get('Egg')!.split('.')[0]}.`), peerDependencies.egg);
    assert.ok(dependencies['socket.io'].startsWith(`~${rows.get('Socket.IO')!.split(' ')[0]}.`), dependencies['socket.io']);
  });

  it('docs/observability.md lists exactly the metrics, with their types and labels', async () => {
    const register = new Registry();
    socketioMetrics({ io: { stats: async () => ({ workers: [], missing: [] }) } } as never, { register });
    const metrics = (await register.getMetricsAsJSON()).map(({ name, type }) => {
      const { labelNames } = register.getSingleMetric(name) as unknown as { labelNames: string[] };
      return [ name, String(type), labelNames.filter(label => label !== 'worker').join() || labelNames.length ];
    });
    const rows = tableRowsOf(readPage('docs/observability.md'), /^## Prometheus/).map(([ name, type, labels ]) => {
      // Those that come first are labels, and what follows says which values they have.
      const listed = [ .../^((?:`[^`]+`(?:, )?)*)/.exec(labels)![1].matchAll(/`([^`]+)`/g) ].map(([ , label ]) => label);
      const [ , kind, without ] = /^(\w+)(, without `worker`)?$/.exec(type)!;
      return [ code(name), kind, listed.join() || (without ? 0 : 1) ];
    });
    assert.deepEqual(rows.map(String).sort(), metrics.map(String).sort());
  });

  it('docs/context-and-injection.md lists the members of the socket on ctx', () => {
    const listed = (kind: string) => [ ...new RegExp(`^- ${kind}: (.+)$`, 'm').exec(readPage('docs/context-and-injection.md').text)![1]
      .matchAll(/`(\w+)`/g) ].map(([ , name ]) => name);
    assert.deepEqual(sorted(listed('values')), sorted(SOCKET_GETTERS));
    assert.deepEqual(sorted(listed('methods')), sorted(SOCKET_METHODS));
  });
});
