import assert from 'node:assert/strict';

interface Found { problems: string[]; checked: number }
const { checkDocstrings, ENTRIES } = require('../../scripts/check_docstrings') as {
  checkDocstrings(entries: readonly string[]): Found; ENTRIES: readonly string[];
};

describe('test/docs/docstrings.test.ts', function() {
  this.timeout(60_000);

  it('finds nothing missing in what the package exports', () => {
    const { problems, checked } = checkDocstrings(ENTRIES);
    assert.deepEqual(problems, []);
    assert.ok(checked > 90, `${checked} exports`);
  });

  it('reports each kind of missing part in a fixture', () => {
    const { problems, checked } = checkDocstrings([ 'test/fixtures/docstrings/entry.ts' ]);
    assert.equal(checked, 8, 'what is taken over from others is not counted');
    assert.deepEqual(problems.map(problem => problem.replace(/^\S+ /, '')).sort(), [
      'bare: no docstring',
      'bare: no `@see docs/….md`',
      'unlinked: no `@see docs/….md`',
      'lost: @see docs/nowhere.md: there is no such page, or no such heading',
      'headless: @see docs/options.md#nowhere: there is no such page, or no such heading',
      'half: no docstring',
      'half: no `@param second`',
      'Members.bare: no docstring',
      'Members.optional: optional, with neither `@default` nor `Default: …`',
      'Thing.shown: no docstring',
    ].sort());
  });
});
