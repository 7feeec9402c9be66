'use strict';

// Removes what the build has put beside its sources. A .js beside a .ts would win in Egg's loader.
const { readdirSync, rmSync } = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const builtFrom = name => name.replace(/(\.d\.ts|\.js)$/, '.ts');

for (const folder of [ '.', 'app', 'config', 'lib' ]) {
  const directory = path.join(root, folder);
  const names = readdirSync(directory, { recursive: folder !== '.' });
  const sources = new Set(names);
  for (const name of names) {
    if (builtFrom(name) !== name && sources.has(builtFrom(name))) rmSync(path.join(directory, name));
  }
}
