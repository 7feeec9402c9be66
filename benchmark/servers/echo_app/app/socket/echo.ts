import { OnWSMessage, WSController } from 'egg-socketio';

@WSController('/')
export class EchoController {
  @OnWSMessage('echo')
  echo(message: unknown) {
    return message;
  }
}
