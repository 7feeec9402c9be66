import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readPage, ROOT, tableRowsOf } from './markdown';

interface Step { readonly name: string; readonly file?: string; readonly package?: string }

const { groups, outdatedPictures } = require('../../scripts/architecture_picture') as {
  groups: readonly { readonly steps: readonly Step[] }[];
  outdatedPictures(): string[];
};
const rooms = JSON.parse(readFileSync(path.join(ROOT, 'scripts/rooms.json'), 'utf8')) as Record<string, string[]>;
const steps = groups.flatMap(group => group.steps);

describe('test/docs/architecture_picture.test.ts', () => {
  it('docs/images/architecture.svg and its narrow form are what scripts/architecture_picture.js draws', () => {
    assert.deepEqual(outdatedPictures(), []);
  });

  it('each step of the picture is a file of a room, or an installed package', () => {
    const lost = steps.filter(({ file, package: other }) => (
      file ? !existsSync(path.join(ROOT, file)) || !(path.dirname(file).replace(/^lib\//, '') in rooms) : !existsSync(path.join(ROOT, 'node_modules', other!))
    ));
    assert.deepEqual(lost, []);
  });

  for (const [ file, heading ] of [[ 'docs/architecture.md', /^## The path of a packet/ ], [ 'docs/zh/architecture.md', /^## 数据包的路径/ ]] as const) {
    it(`${file} explains the steps of the picture, with the same numbers, names and places`, () => {
      const explained = tableRowsOf(readPage(file), heading).map(([ step, place ]) => [ step, place ]);
      assert.deepEqual(explained, steps.map((step, i) => [ `${i + 1} ${step.name}`, `\`${step.file ?? step.package!}\`` ]));
    });
  }
});
