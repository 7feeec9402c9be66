'use strict';

// A server of this plugin without one of its fast paths: `WITHOUT` names the plain way that is taken instead, `SERVER` the file of the
// server. Both may be missing.
const path = require('node:path');
const plainWays = require('../ablation/plain_ways');

const { EGG_HOME, SERVER = 'plugin.js', WITHOUT } = process.env;
const plugin = path.join(EGG_HOME, 'node_modules/egg-socketio');
let used = 0;

if (WITHOUT) plainWays[WITHOUT](name => require(path.join(plugin, 'lib', name)), () => { used += 1; }, path.join(plugin, 'package.json'));
require('./report').answer('plainWays', () => used);
require(`./${SERVER}`);
