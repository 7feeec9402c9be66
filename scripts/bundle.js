'use strict';

const { readFileSync } = require('node:fs');
const path = require('node:path');
const { buildSync } = require('esbuild');

const root = path.join(__dirname, '..');

/** Files that are compiled together with packages that they import, which apps then need not install. */
const BUNDLED = { 'lib/base/msgpack': [ 'msgpackr' ] };

/** Writes all of them below a folder. */
exports.writeBundles = folder => {
  for (const [ file, packages ] of Object.entries(BUNDLED)) {
    const licenses = packages.map(name => `${name}\n\n${readFileSync(path.join(root, 'node_modules', name, 'LICENSE'), 'utf8')}`);
    buildSync({
      absWorkingDir: root,
      entryPoints: [ `${file}.ts` ],
      outfile: path.join(folder, `${file}.js`),
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
};
