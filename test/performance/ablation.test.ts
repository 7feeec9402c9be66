import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');

type FastPath = [without: string, words: string, file: string];

describe('test/performance/ablation.test.ts', () => {
  const workloads = require('../../benchmark/ablation/fast_paths') as Record<string, { paths: FastPath[] }>;
  const plainWays = require('../../benchmark/ablation/plain_ways') as Record<string, unknown>;
  const paths = Object.values(workloads).flatMap(workload => workload.paths);

  it('every fast path of the ablation has a file in lib/ and a plain way, and every plain way a fast path', () => {
    assert.deepEqual(paths.filter(([ , , file ]) => !existsSync(path.join(ROOT, 'lib', file))), []);
    assert.deepEqual([ ...new Set(paths.map(([ without ]) => without)) ].sort(), Object.keys(plainWays).sort());
  });
});
