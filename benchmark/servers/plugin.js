'use strict';

require('ts-node/register/transpile-only');
const { createServer } = require('node:http');
const path = require('node:path');

process.env.EGG_TYPESCRIPT = 'true';
process.env.EGG_SERVER_ENV = 'prod';
process.env.EGG_HOME = path.join(__dirname, 'echo_app');
require('egg').start({ baseDir: path.join(__dirname, 'echo_app') }).then(app => {
  const server = createServer(app.callback());
  app.emit('server', server);
  require('./report')(server);
});
