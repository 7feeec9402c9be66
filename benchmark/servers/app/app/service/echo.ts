import { Service } from 'egg';

export default class EchoService extends Service {
  echo(message: unknown, id: string) {
    if (!id) throw new Error('there is no socket');
    return message;
  }
}
