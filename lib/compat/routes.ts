import type { EggLogger } from 'egg';
import type { Namespace } from 'socket.io';
import { startupError } from '../base/errors';
import { show } from '../base/issues';
import { shownFile } from '../base/paths';
import { checkNotOfStreams } from '../controllers/plan/checks';
import type { RouteHandler } from './types';

/** A route of `app/router`. */
export interface Route {
  readonly event: string;
  readonly handler: RouteHandler;
  /** File and line of the call. */
  readonly place: string;
}

/** The routes of an app, by the names of their namespaces. */
export class Routes {
  private readonly namespaces = new Map<string, Map<string, Route>>();
  private isClosed = false;

  /**
   * @param known - returns the names of the handlers in `app.io.controller`
   */
  constructor(private readonly baseDir: string, private readonly logger: () => EggLogger, private readonly known: () => string[]) {}

  /** Accepts no more routes: the namespaces are bound. */
  close(): void {
    this.isClosed = true;
  }

  /**
   * Adds a route; as in egg-socket.io, the first one of an event is used.
   *
   * @throws {SocketIOError} `INVALID_CONTROLLER`
   */
  add(namespace: Pick<Namespace, 'name'>, event: unknown, handler: unknown): void {
    const place = this.callerOf();
    const call = `app.io.of('${namespace.name}').route(${typeof event === 'string' ? `'${event}'` : ''})`;
    if (typeof event !== 'string') {
      throw startupError('INVALID_CONTROLLER', `${place}: ${call}: expected the event to be a string, but got ${show(event)}.`);
    }
    checkNotOfStreams(event, `${place}: ${call}`);
    if (typeof handler !== 'function') {
      throw startupError('INVALID_CONTROLLER', `${place}: ${call}: expected a handler of app.io.controller, but got ${show(handler)}. Handlers: ${this.known().join(', ') || 'none'}.`);
    }
    if (this.isClosed) {
      throw startupError('INVALID_CONTROLLER', `${place}: ${call}: the app has started already. Add routes in app/router.`);
    }
    const routes = this.of(namespace.name);
    const first = routes.get(event);
    if (first) {
      this.logger().warn("[egg-socketio] %s: the event '%s' of namespace '%s' has a route already, in %s, which is used. Remove one of them.", place, event, namespace.name, first.place);
      return;
    }
    routes.set(event, { event, handler: handler as RouteHandler, place });
  }

  /** The routes of one namespace, by event. */
  of(namespace: string): Map<string, Route> {
    const routes = this.namespaces.get(namespace) ?? new Map<string, Route>();
    this.namespaces.set(namespace, routes);
    return routes;
  }

  /** The names of the namespaces with routes. */
  get names(): string[] {
    return [ ...this.namespaces ].filter(([ , routes ]) => routes.size > 0).map(([ name ]) => name);
  }

  /** The first place of the stack outside of the plugin. */
  private callerOf(): string {
    const frames = (new Error().stack ?? '').split('\n').slice(1);
    const frame = frames.find(line => !line.includes(__dirname) && /:\d+:\d+\)?$/.test(line));
    const [ , file, line ] = /(?:\(|at )?(?:file:\/\/)?((?:\/|[A-Za-z]:)[^()]*):(\d+):\d+\)?$/.exec(frame ?? '') ?? [];
    return file === undefined ? 'app/router' : `${shownFile(this.baseDir, file)}:${line}`;
  }
}
