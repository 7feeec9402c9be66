'use strict';

// The app that `EGG_HOME` names, with two workers or as many as `WORKERS` says, as `egg-scripts start` runs it; with
// `STICKY=true` as `egg-scripts start --sticky` does.
const { EGG_HOME, STICKY, WORKERS = '2' } = process.env;

require('egg').startCluster({ baseDir: EGG_HOME, workers: Number(WORKERS), port: Number(process.argv[2]), sticky: STICKY === 'true' });
