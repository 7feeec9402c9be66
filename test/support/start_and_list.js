'use strict';

// Starts and closes an app, and prints the files that were loaded. argv: the name of the app in test/fixtures/apps.
const path = require('node:path');
require('tsx/cjs');

process.env.EGG_TYPESCRIPT = 'true';

async function main() {
  const app = await require('egg').start({
    baseDir: path.join(__dirname, '../fixtures/apps', process.argv[2]),
    plugins: { socketio: { enable: true, path: path.join(__dirname, '../..') } },
  });
  await app.close();
  console.log(JSON.stringify(Object.keys(require.cache)));
  process.exit();
}

main();
