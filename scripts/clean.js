'use strict';

// Removes what the build has put beside the sources, also of sources that are gone: in Egg's loader a .js wins over
// the .ts of its name. Nothing in these folders is written in JavaScript; .gitignore has the same list.
const { readdirSync, rmSync } = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

for (const folder of [ '.', 'app', 'config', 'egg-socket.io', 'lib' ]) {
  const directory = path.join(root, folder);
  for (const name of readdirSync(directory, { recursive: folder !== '.' })) {
    if (/(\.js|\.d\.ts)$/.test(name)) rmSync(path.join(directory, name));
  }
}
