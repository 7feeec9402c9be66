'use strict';

const { existsSync, readFileSync } = require('node:fs');
const path = require('node:path');

const { dependencies } = require('./package.json');

/** Says what to do, and ends the process, unless the packages that are compared with are there. */
function requirePackages() {
  const missing = Object.keys(dependencies).filter(name => !existsSync(path.join(__dirname, 'node_modules', name)));
  if (missing.length === 0) return;
  console.error(`The benchmark compares with packages that egg-socketio itself does not need, and these are not installed: ${missing.join(', ')}.
Install them into benchmark/node_modules, and start again:

  npm ci --prefix benchmark
`);
  process.exit(1);
}

/** Both sides have to stand on the same Socket.IO, or it is that which is compared. The plugin's newer `ws` is a part of it. */
function requireSameVersions() {
  const root = path.join(__dirname, '..');
  const versionIn = (folder, name) => JSON.parse(readFileSync(path.join(folder, 'node_modules', name, 'package.json'))).version;
  for (const name of [ 'socket.io', 'engine.io', 'socket.io-adapter', 'socket.io-parser', 'engine.io-parser' ]) {
    const [ ours, theirs ] = [ root, __dirname ].map(folder => versionIn(folder, name));
    if (ours === theirs) continue;
    console.error(`egg-socketio would be measured with ${name} ${ours}, and what it is compared with has ${theirs}. Make package-lock.json and benchmark/package-lock.json name the same version, and install both.`);
    process.exit(1);
  }
}

module.exports = { requirePackages, requireSameVersions };
