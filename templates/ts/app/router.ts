import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { Application } from 'egg';

export default (app: Application): void => {
  app.router.get('/', async ctx => {
    ctx.type = 'html';
    ctx.body = createReadStream(path.join(app.baseDir, 'app/view/index.html'));
  });
};
