import { type Context, OnWSConnection, OnWSMessage, WSController } from 'egg-socketio';

@WSController()
export class MainController {
  @OnWSMessage('pid')
  pid() {
    return process.pid;
  }

  @OnWSConnection()
  connected(ctx: Context) {
    ctx.emit('pid', process.pid);
  }
}
