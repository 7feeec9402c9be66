import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Controller } from 'egg';
import { SocketIOError } from 'egg-socketio';
import { clientScript } from '../lib/client_script';
import type { Announcement } from '../lib/events';
import { checkText } from '../lib/rules';

declare module 'egg' {
  interface IController {
    home: HomeController;
  }
}

export default class HomeController extends Controller {
  async page(): Promise<void> {
    this.ctx.type = 'html';
    this.ctx.body = createReadStream(path.join(this.app.baseDir, 'app/public/index.html'));
  }

  /** What the page imports for streams. The plugin itself serves socket.io-client. */
  async client(): Promise<void> {
    this.ctx.type = 'js';
    this.ctx.body = clientScript();
  }

  /** From an HTTP request to every open page. Here anybody may; an app of your own would ask who it is. */
  async announce(): Promise<void> {
    const { ctx } = this;
    try {
      const announcement: Announcement = { id: randomUUID(), text: checkText(ctx.request.body?.text), at: Date.now() };
      this.app.io.of('/chat').emit('announcement', announcement);
      ctx.body = { reached: (await this.service.people.sockets()).length };
    } catch (error) {
      if (!(error instanceof SocketIOError)) throw error;
      ctx.status = 422;
      ctx.body = { error: { code: error.code, message: error.message } };
    }
  }
}
