import type { Application as EggApplication } from 'egg';
import { beforeRouter } from '../base/egg_compat';
import { loggerOf } from '../base/logger';
import type { Extension } from '../boot/controllers';
import { frameworkOf } from '../boot/framework';
import type { ContextFactory } from '../context/socket_context';
import type { Plans } from '../controllers/plan/plan';
import { loadIO, namesIn } from './load';
import { dressServer } from './namespace_members';
import { createDelivery } from './packets';
import { OldPlanner } from './plans';
import { Routes } from './routes';
import { dressContexts } from './socket_members';

/** The part of egg-socket.io in a worker, on top of this plugin: its files, routes and middleware become parts of the plans. */
export class Compat implements Extension {
  private readonly loaded = { middleware: {}, controller: {} };
  private readonly routes: Routes;
  private planner: OldPlanner | undefined;

  constructor(private readonly app: EggApplication) {
    this.routes = new Routes(app.baseDir, () => loggerOf(app), () => namesIn(this.loaded.controller));
  }

  /** Gives `app.io` its members, and loads `app/io` before `app/router` needs it. */
  open(): void {
    const { app, routes, loaded } = this;
    const framework = frameworkOf(app);
    framework.extension = this;
    dressServer(framework.io, routes, loaded);
    beforeRouter(app, () => {
      Object.defineProperty(app.router, 'io', { configurable: true, get: () => app.io });
      return loadIO(app, loaded);
    });
  }

  extend(plans: Plans, Context: ContextFactory): Plans {
    dressContexts(Context);
    this.planner = new OldPlanner(this.app, this.routes, this.loaded.middleware, Context);
    return this.planner.extend(plans);
  }

  readonly deliverAround: Extension['deliverAround'] = (plan, environment, usual) => {
    const packets = typeof plan.target === 'string' ? this.planner?.packets.get(plan.target) : undefined;
    return packets ? createDelivery(packets, plan, environment, usual) : usual;
  };
}
