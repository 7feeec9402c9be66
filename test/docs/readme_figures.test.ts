import assert from 'node:assert/strict';

const { outdatedFiles } = require('../../scripts/readme_figures') as { outdatedFiles(): Promise<string[]> };

describe('test/docs/readme_figures.test.ts', () => {
  it('the READMEs and their chart have the figures of docs/performance.md', async () => {
    assert.deepEqual(await outdatedFiles(), []);
  });
});
