import type { Namespace } from 'socket.io';
import type { Application } from '../types/application';
import type { Routes } from './routes';

const DRESSED = Symbol('Namespace#dressedAsVersion2');

type Callback<T = void> = (error: unknown, value?: T) => void;
type Route = (event: string, handler: (...args: never[]) => unknown) => void;

/** Calls a callback with the result of a promise. */
function settle<T>(promise: Promise<T>, done: Callback<T> | undefined): void {
  void promise.then(value => done?.(null, value), error => done?.(error));
}

/** The questions and commands that the adapters of Socket.IO 2 had, and that are methods of the namespace in Socket.IO 4. */
function adapterMembers(nsp: Namespace) {
  const at = (id: string) => nsp.in(id);
  const idsIn = async (rooms: readonly string[]) => (
    (await (rooms.length > 0 ? nsp.in([ ...rooms ]) : nsp).fetchSockets()).map(({ id }) => id)
  );
  return {
    clients(rooms: string[] | Callback<string[]>, done?: Callback<string[]>): void {
      if (typeof rooms === 'function') settle(idsIn([]), rooms);
      else settle(idsIn(rooms), done);
    },
    remoteJoin: (id: string, room: string, done?: Callback) => settle(Promise.resolve(at(id).socketsJoin(room)), done),
    remoteLeave: (id: string, room: string, done?: Callback) => settle(Promise.resolve(at(id).socketsLeave(room)), done),
    remoteDisconnect: (id: string, close: boolean, done?: Callback) => settle(Promise.resolve(at(id).disconnectSockets(close)), done),
  };
}

function routeOf(nsp: Namespace, routes: Routes): Route {
  return (event, handler) => routes.add(nsp, event, handler);
}

/** Gives a namespace `route()`, and what namespaces and adapters of Socket.IO 2 had. */
function dressNamespace(nsp: Namespace, routes: Routes): void {
  if (Object.hasOwn(nsp, DRESSED)) return;
  const members = adapterMembers(nsp);
  Object.assign(nsp.adapter, members);
  Object.assign(nsp, { route: routeOf(nsp, routes), clients: (done: Callback<string[]>) => members.clients(done) });
  Object.defineProperties(nsp, {
    [DRESSED]: { value: true },
    connected: { configurable: true, get: () => Object.fromEntries(nsp.sockets) },
  });
}

/** Does so for each namespace that the app asks the server for, and for the default one. */
export function dressServer(
  io: Application, routes: Routes, { controller, middleware }: { readonly controller: object; readonly middleware: object },
): void {
  const of = io.of.bind(io) as unknown as (...args: unknown[]) => Namespace;
  const dressed = (...args: unknown[]) => {
    const nsp = of(...args);
    dressNamespace(nsp, routes);
    return nsp;
  };
  const route = routeOf(dressed('/'), routes);
  Object.assign(io, { of: dressed, route, controller, middleware, controllers: controller, middlewares: middleware });
}
