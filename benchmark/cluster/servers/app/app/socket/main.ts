import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { App, type Application, type Context, Inject, OnWSConnection, OnWSMessage, WSController } from 'egg-socketio';

/** Of a connection: the worker that holds its session, and whether its WebSocket comes through another. */
interface Whereabouts { pid: number; tag: string; relayed: boolean }

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

@WSController('/')
export class MainController {
  @Inject()
  ctx: Context;

  @App()
  io: Application;

  @OnWSConnection()
  @OnWSMessage('join')
  async join() {
    await this.ctx.join('all');
  }

  @OnWSMessage('leave')
  async leave() {
    await this.ctx.leave('all');
  }

  @OnWSMessage('echo')
  echo(message: unknown) {
    return message;
  }

  @OnWSMessage('heap')
  heap() {
    collect();
    return process.memoryUsage().heapUsed;
  }

  @OnWSMessage('where')
  async where(): Promise<Whereabouts> {
    // No API tells these: a worker's tag stands in the ids that it makes, and only siblings come through a pipe.
    const { transport } = this.ctx.socket.conn as unknown as { transport: { socket?: { _socket: { _handle: object } } } };
    const id = await this.io.engine.generateId({} as never);
    return {
      pid: process.pid,
      tag: id.split('.').at(-1)!,
      relayed: transport.socket?._socket._handle.constructor.name === 'Pipe',
    };
  }

  @OnWSMessage('count')
  count() {
    const data = this.ctx.data as { count?: number };
    data.count = (data.count ?? 0) + 1;
    return data.count;
  }

  @OnWSMessage('tell')
  tell(text: string) {
    this.ctx.emit('told', text);
  }

  @OnWSMessage('move')
  async move(room: string) {
    await this.ctx.leave(room);
    await this.ctx.join(room);
    return true;
  }

  /** The sessions that this worker has copies of, and their bytes. */
  @OnWSMessage('replicas')
  async replicas() {
    const { workers } = await this.io.stats();
    return workers.find(({ pid }) => pid === process.pid)!.recovery;
  }

  @OnWSMessage('say')
  say(number: number) {
    this.io.to('all').emit('said', number, Number(process.hrtime.bigint() / 1000n), 'x'.repeat(32));
  }
}
