import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readPage, ROOT, tableRowsOf } from './markdown';

const rooms: Record<string, string[]> = JSON.parse(readFileSync(path.join(ROOT, 'scripts/rooms.json'), 'utf8'));
const { forbidden, options } = require('../../.dependency-cruiser.cjs') as { forbidden: object[]; options: object };

interface Violation { readonly from: string; readonly to: string; readonly rule: { readonly name: string } }
type Cruise = (folders: string[], how: object) => Promise<{ output: { summary: { violations: Violation[]; totalCruised: number } } }>;

/** What in the folder `lib` of this root breaks the rules of .dependency-cruiser.cjs. */
async function violationsIn(root: string): Promise<{ violations: string[]; files: number }> {
  // Imports of a package that is an ECMAScript module; TypeScript does not find its types from CommonJS.
  const { cruise } = await import('dependency-cruiser' as string) as { cruise: Cruise };
  const { output: { summary } } = await cruise([ 'lib' ], { ...options, baseDir: root, validate: true, ruleSet: { forbidden, options } });
  return { violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`).sort(), files: summary.totalCruised };
}

/** The files of a folder that stand in none of the rooms. */
function looseFilesOf(root: string): string[] {
  const names = readdirSync(path.join(root, 'lib'), { recursive: true }).map(name => String(name).split(path.sep).join('/'));
  return names.filter(name => /\.m?ts$/.test(name) && !Object.hasOwn(rooms, path.posix.dirname(name)));
}

/** The entries of the table that let a room import one which does not come before it. */
function upwardArrowsOf(table: Record<string, string[]>): string[] {
  const order = Object.keys(table);
  return order.flatMap((room, i) => table[room].filter(known => !order.slice(0, i).includes(known)).map(known => `${room} → ${known}`));
}

describe('test/docs/rooms.test.ts', function() {
  this.timeout(60_000);

  it('lib imports only what scripts/rooms.json allows, and has no circle', async () => {
    const { violations, files } = await violationsIn(ROOT);
    assert.ok(files > 200, `${files} files were looked at`);
    assert.deepEqual(violations, []);
  });

  it('every file of lib is in a room, and every room has files', () => {
    assert.deepEqual(looseFilesOf(ROOT), []);
    for (const room of Object.keys(rooms)) assert.ok(readdirSync(path.join(ROOT, 'lib', room)).length > 0, room);
  });

  it('no room may import one that stands below it in the table', () => {
    assert.deepEqual(upwardArrowsOf(rooms), []);
  });

  it('docs/architecture.md shows the same table', () => {
    const names = (cell: string) => [ ...cell.matchAll(/`([\w/]+?)\/?`/g) ].map(([ , name ]) => name);
    const rows = tableRowsOf(readPage('docs/architecture.md'), /^## Rooms/).filter(([ room ]) => room.startsWith('`lib/'));
    assert.deepEqual(rows.map(([ room, , known ]) => [ names(room)[0].replace(/^lib\//, ''), names(known) ]), Object.entries(rooms));
  });

  describe('the rules', () => {
    let root: string;

    beforeEach(() => { root = mkdtempSync(path.join(tmpdir(), 'egg-socketio-rooms-')); });
    afterEach(() => rmSync(root, { recursive: true, force: true }));

    function write(files: Record<string, string>): void {
      for (const [ name, text ] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(root, 'lib', name)), { recursive: true });
        writeFileSync(path.join(root, 'lib', name), text);
      }
    }

    it('allow an import of a room that the table names', async () => {
      write({ 'boot/a.ts': "import { b } from '../base/b';\nexport const a = b;\n", 'base/b.ts': 'export const b = 1;\n' });
      assert.deepEqual(await violationsIn(root), { violations: [], files: 2 });
    });

    it('refuse an import of a room that the table does not name, also of a type', async () => {
      write({ 'base/b.ts': "import type { A } from '../boot/a';\nexport type B = A;\n", 'boot/a.ts': 'export type A = 1;\n' });
      assert.deepEqual((await violationsIn(root)).violations, [ 'imports of base: lib/base/b.ts → lib/boot/a.ts' ]);
    });

    it('refuse two files of a room that import each other, also types', async () => {
      write({ 'base/a.ts': "import type { B } from './b';\nexport type A = B;\n", 'base/b.ts': "import type { A } from './a';\nexport type B = A[];\n" });
      assert.deepEqual((await violationsIn(root)).violations, [ 'circle: lib/base/a.ts → lib/base/b.ts' ]);
    });

    it('refuse a file outside of the rooms', async () => {
      write({ 'loose.ts': "import { b } from './base/b';\nexport const a = b;\n", 'base/b.ts': 'export const b = 1;\n', 'events/alone.ts': 'export {};\n' });
      assert.deepEqual((await violationsIn(root)).violations, [ 'no room: lib/loose.ts → lib/base/b.ts' ]);
      assert.deepEqual(looseFilesOf(root).sort(), [ 'events/alone.ts', 'loose.ts' ]);
    });

    it('refuse an arrow upwards in the table itself', () => {
      assert.deepEqual(upwardArrowsOf({ base: [ 'boot' ], boot: [ 'base' ] }), [ 'base → boot' ]);
    });
  });
});
