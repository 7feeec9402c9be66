'use strict';

const { Controller } = require('egg');
const { z } = require('zod');

const schema = z.object({ text: z.string().min(1).max(1000) });

module.exports = class MainController extends Controller {
  async plain() {
    const [ message, ack ] = this.ctx.args;
    ack(message);
  }

  async withService() {
    const [ message, ack ] = this.ctx.args;
    ack(this.ctx.service.echo.echo(message));
  }

  /** It has no means for that, so the handler does it. */
  async validated() {
    const [ message, ack ] = this.ctx.args;
    ack(schema.parse(message));
  }

  async say() {
    this.app.io.to('all').emit('said', 'x'.repeat(32));
  }
};
