'use strict';

// Writes the compiled files next to their sources; scripts/clean.js removes them.
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { buildSync } = require('esbuild');

const root = path.join(__dirname, '..');

/** Compiles a file together with the packages that it imports, which apps then need not install. */
function bundle(file, packages) {
  const licenses = packages.map(name => `${name}\n\n${readFileSync(path.join(root, 'node_modules', name, 'LICENSE'), 'utf8')}`);
  buildSync({
    absWorkingDir: root,
    entryPoints: [ `${file}.ts` ],
    outfile: `${file}.js`,
    banner: { js: `/* This file contains:\n\n${licenses.join('\n')}*/` },
    bundle: true,
    platform: 'node',
    target: 'es2022',
    // What msgpackr has for browsers is the same without its native part.
    conditions: [ 'browser' ],
    allowOverwrite: true,
    logLevel: 'warning',
  });
}

try {
  execFileSync(process.execPath, [ require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json' ], { cwd: root, stdio: 'inherit' });
} catch (error) {
  process.exit(error.status ?? 1);
}
bundle('lib/base/msgpack', [ 'msgpackr' ]);
