'use strict';

// The main process of a cluster under test; see server.ts.
require('egg').startCluster(JSON.parse(process.argv[2]));
