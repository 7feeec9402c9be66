import assert from 'node:assert/strict';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';

const ROOT = path.join(__dirname, '../..');
const MOST_BYTES = 2048;

describe('test/package/client_size.test.ts', () => {
  it('egg-socketio/client takes less than 2 kB in a page, gzipped, and contains nothing for Node.js', () => {
    const { outputFiles: [{ contents }], metafile, warnings } = buildSync({
      absWorkingDir: ROOT, entryPoints: [ 'client.ts' ], bundle: true, minify: true, platform: 'browser', format: 'esm', target: 'es2022',
      write: false, metafile: true,
    });
    const { length } = gzipSync(contents);
    console.log(`        ${length} bytes`);
    assert.deepEqual(warnings, []);
    assert.deepEqual(Object.keys(metafile.inputs).sort(), [ 'client.ts', 'lib/client/stream.ts', 'lib/client/upload.ts' ]);
    assert.ok(length < MOST_BYTES, `${length} bytes`);
  });
});
