import { type Context, OnWSConnection, WSController } from 'egg-socketio';

@WSController()
export class MainController {
  @OnWSConnection()
  connected(ctx: Context) {
    ctx.emit('pid', process.pid);
  }
}
