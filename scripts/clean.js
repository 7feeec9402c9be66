'use strict';

// Removes what the build has put beside the sources, also of sources that are gone: in Egg's loader a .js wins over
// the .ts of its name. Nothing in these folders is written in JavaScript; .gitignore has the same list. The types of
// egg-socket.io/ change those of Egg, so they are a declaration that no other file of the plugin is compiled with.
const { readdirSync, rmSync } = require('node:fs');
const path = require('node:path');

const WRITTEN = path.join('egg-socket.io', 'index.d.ts');
const root = path.join(__dirname, '..');

for (const folder of [ '.', 'app', 'config', 'egg-socket.io', 'lib' ]) {
  const directory = path.join(root, folder);
  for (const name of readdirSync(directory, { recursive: folder !== '.' })) {
    if (/(\.js|\.d\.ts)$/.test(name) && path.join(folder, name) !== WRITTEN) rmSync(path.join(directory, name));
  }
}
