import { App, type Application, type Context, Inject, OnWSMessage, WSController } from 'egg-socketio';

const { NAMESPACES = '1', CONTROLLERS = '1', EVENTS = '1', ROOMS } = process.env;
const echo = (message: unknown) => message;

function createController(namespace: string, events: string[]) {
  class EchoController {}
  for (const event of events) {
    const descriptor = { value: echo };
    Object.defineProperty(EchoController.prototype, event, descriptor);
    OnWSMessage(event)(EchoController.prototype, event, descriptor);
  }
  WSController(namespace)(EchoController);
  return EchoController;
}

/** Rooms, and broadcasts to them. */
@WSController('/')
class RoomsController {
  @Inject()
  ctx: Context;

  @App()
  io: Application;

  @OnWSMessage('join')
  async join(rooms: string[]) {
    await this.ctx.join(rooms);
  }

  @OnWSMessage('move')
  async move(room: string) {
    await this.ctx.leave(room);
    await this.ctx.join(room);
  }

  @OnWSMessage('tell')
  tell(room: string) {
    this.io.to(room).emit('told', 'x'.repeat(32));
  }

  @OnWSMessage('say')
  say() {
    this.io.emit('said', 'x'.repeat(32));
  }
}

const controllers: Record<string, object> = ROOMS ? { RoomsController } : {};
for (let n = 0; n < Number(NAMESPACES); n++) {
  for (let c = 0; c < Number(CONTROLLERS); c++) {
    // The names of servers/growth_names.js.
    const events = Array.from({ length: Number(EVENTS) }, (_, e) => (c + e === 0 ? 'echo' : `event${c * Number(EVENTS) + e}`));
    controllers[`n${n}c${c}`] = createController(n === 0 ? '/' : `/n${n}`, events);
  }
}

export = controllers;
