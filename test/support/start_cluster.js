'use strict';

// The main process of a cluster under test; see server.ts.
const { ownPorts, ...options } = JSON.parse(process.argv[2]);

/** What `egg` itself takes its `startCluster` from: a main process needs no more of Egg, and starts in half the time. */
function eggCluster() {
  const paths = [ require.resolve('egg') ];
  const load = name => require(require.resolve(name, { paths }));
  const isEgg3 = require('egg/package.json').version.startsWith('3.');
  return isEgg3 ? { Master: load('egg-cluster/lib/master'), ...load('egg-cluster') } : load('@eggjs/cluster');
}

const { Master, startCluster } = eggCluster();

// Egg takes the ports between its own processes from those that systems give to outgoing connections, and looks at another
// address than theirs: by the time a sticky worker listens on 127.0.0.1, a client may have its port.
Master.prototype.detectPorts = async function() { Object.assign(this.options, ownPorts); };

// A test that is killed would leave it running.
process.once('disconnect', () => process.exit(1));

startCluster(options);
