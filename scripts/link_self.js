'use strict';

// Tests and the example import 'egg-socketio' as an app does; here that is this folder.
const { lstatSync, mkdirSync, rmSync, symlinkSync } = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const link = path.join(root, 'node_modules', 'egg-socketio');

mkdirSync(path.dirname(link), { recursive: true });
if (!lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) {
  rmSync(link, { recursive: true, force: true });
  symlinkSync(root, link, 'junction');
}
