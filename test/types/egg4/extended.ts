import { type Agent, type Application as EggApplication, Controller, type EggApplicationCore, Service } from 'egg';
import type { AgentEmitter, Application } from 'egg-socketio';
import { expectType } from '../expect';

export class TypedService extends Service {
  run(): void {
    expectType<Application>()(this.app.io);
    expectType<Application>()(this.ctx.app.io);
    // @ts-expect-error: the server is not to be replaced
    this.app.io = null;
  }
}

export class TypedController extends Controller {
  run(): void {
    expectType<Application>()(this.app.io);
  }
}

export function hasServer(core: EggApplicationCore, app: EggApplication, agent: Agent): AgentEmitter {
  expectType<Application>()(core.io);
  expectType<Application>()(app.io);
  expectType<ReturnType<AgentEmitter['to']>>()(agent.io.of('/chat').to('lobby').volatile);
  // @ts-expect-error: an agent's rooms have names
  agent.io.to(null);
  return agent.io;
}
