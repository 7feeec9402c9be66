import { type Context, Inject, OnWSConnection, OnWSMessage, WSController } from 'egg-socketio';

@WSController('/')
export class MainController {
  @Inject()
  ctx: Context;

  @OnWSConnection()
  async enter() {
    await this.ctx.join('all');
  }

  @OnWSMessage('echo')
  echo(message: unknown) {
    return message;
  }

  @OnWSMessage('say')
  say(text: string) {
    this.ctx.to('all').emit('said', text);
  }

  @OnWSMessage('who')
  who() {
    return this.ctx.id;
  }
}
