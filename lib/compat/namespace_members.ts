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

/** Gives a namespace `route()`, and what namespaces and adapters of Socket.IO 2 had. */
function dressNamespace(nsp: Namespace, routes: Routes): void {
  if (Object.hasOwn(nsp, DRESSED)) return;
  const members = adapterMembers(nsp);
  const route: Route = (event, handler) => routes.add(nsp, event, handler);
  Object.assign(nsp.adapter, members);
  Object.defineProperties(Object.assign(nsp, { route, clients: (done: Callback<string[]>) => members.clients(done) }), {
    [DRESSED]: { value: true },
    connected: { configurable: true, get: () => Object.fromEntries(nsp.sockets) },
  });
}

/** Does so for each namespace that the app asks the server for, and for the default one. */
export function dressServer(io: Application, routes: Routes, loaded: { readonly controller: object; readonly middleware: object }): void {
  const of = io.of.bind(io) as unknown as (...args: unknown[]) => Namespace;
  const dressed = (...args: unknown[]) => {
    const nsp = of(...args);
    dressNamespace(nsp, routes);
    return nsp;
  };
  const root = dressed('/') as Namespace & { readonly route: Route };
  const { controller, middleware } = loaded;
  Object.assign(io, { of: dressed, route: root.route, controller, middleware, controllers: controller, middlewares: middleware });
}
