'use strict';

// The app that `EGG_HOME` names, with two workers, as `egg-scripts start` runs it.
require('egg').startCluster({ baseDir: process.env.EGG_HOME, workers: 2, port: Number(process.argv[2]) });
