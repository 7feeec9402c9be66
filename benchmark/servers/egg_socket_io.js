'use strict';

// egg-socket.io, which stands on Socket.IO 2, in an Egg app of one process. The app is built: `EGG_HOME` names its folder.
const { createServer } = require('node:http');

require('egg').start({ baseDir: process.env.EGG_HOME }).then(app => {
  const server = createServer(app.callback());
  app.emit('server', server);
  require('./report')(server);
});
