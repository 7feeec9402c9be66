'use strict';

// The main process of a cluster under test; see server.ts.
const { ownPorts, ...options } = JSON.parse(process.argv[2]);
const Master = require(require.resolve('egg-cluster/lib/master', { paths: [ require.resolve('egg') ] }));

// Egg takes the ports between its own processes from those that systems give to outgoing connections, and looks at another
// address than theirs: by the time a sticky worker listens on 127.0.0.1, a client may have its port.
Master.prototype.detectPorts = async function() { Object.assign(this.options, ownPorts); };

require('egg').startCluster(options);
