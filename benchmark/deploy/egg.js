'use strict';

// The app that `EGG_HOME` names, as `egg-scripts start` runs it.
const { EGG_HOME, WORKERS } = process.env;

require('egg').startCluster({ baseDir: EGG_HOME, workers: Number(WORKERS), port: Number(process.argv[2]) });
