'use strict';

// Writes the compiled files next to their sources; scripts/clean.js removes them.
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { writeBundles } = require('./bundle');

const root = path.join(__dirname, '..');

try {
  execFileSync(process.execPath, [ require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json' ], { cwd: root, stdio: 'inherit' });
} catch (error) {
  process.exit(error.status ?? 1);
}
writeBundles(root);
