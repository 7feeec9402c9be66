'use strict';

// Leads 'egg-socketio' to this folder's sources. The exports of package.json name compiled files, which only tsx replaces by itself.
const Module = require('node:module');
const path = require('node:path');

const ROOT = path.join(__dirname, '../../..');
const { _resolveFilename: resolve } = Module;

Module._resolveFilename = function(request, ...rest) {
  const [ , name ] = /^egg-socketio(?:\/(\w+))?$/.exec(request) ?? [];
  const own = request === 'egg-socketio' ? 'index' : name;
  return own ? path.join(ROOT, `${own}.ts`) : resolve.call(this, request, ...rest);
};
