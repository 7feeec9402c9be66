'use strict';

// The main process of a cluster under test; see server.ts.
const { ownPorts, ...options } = JSON.parse(process.argv[2]);
const egg = require('egg');
// Egg 3 keeps it to itself.
const Master = egg.Master ?? require(require.resolve('egg-cluster/lib/master', { paths: [ require.resolve('egg') ] }));

// Egg takes the ports between its own processes from those that systems give to outgoing connections, and looks at another
// address than theirs: by the time a sticky worker listens on 127.0.0.1, a client may have its port.
Master.prototype.detectPorts = async function() { Object.assign(this.options, ownPorts); };

egg.startCluster(options);
