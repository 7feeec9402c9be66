'use strict';

const { createReadStream } = require('node:fs');
const path = require('node:path');

/** @param {import('egg').Application} app - Egg's application */
module.exports = app => {
  app.router.get('/', ctx => {
    ctx.type = 'html';
    ctx.body = createReadStream(path.join(app.baseDir, 'app/view/index.html'));
  });
};
