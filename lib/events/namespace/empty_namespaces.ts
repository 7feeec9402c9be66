import type { Namespace, Server } from 'socket.io';

/** Milliseconds between two checks of namespaces that nobody has entered yet. */
const LOOK = 1000;
/** Milliseconds for which a request to other workers keeps a namespace, unless it has a longer time-out. */
const QUESTION = 10_000;

const ASKING = [ 'fetchSockets', 'serverSideEmit', 'broadcastWithAck' ] as const;
/** The members of a namespace that have to be on the live one. */
const PUTTING = [ 'on', 'once', 'addListener', 'prependListener', 'prependOnceListener', 'off', 'removeListener', 'use' ] as const;
const NO_SOCKETS: Namespace['sockets'] = new Map();

type Method = (...args: unknown[]) => unknown;

/** The members of Socket.IO's namespaces that are not in its types. */
interface Child extends Record<typeof PUTTING[number] | '_remove', Method> {
  readonly name: string;
  readonly sockets: Namespace['sockets'];
  readonly _preConnectSockets: ReadonlyMap<string, unknown>;
  readonly _fns: readonly unknown[];
  readonly adapter: Record<typeof ASKING[number], Method | undefined> & { close(): unknown };
  _add(...args: unknown[]): Promise<unknown>;
  eventNames(): (string | symbol)[];
  listenerCount(event: string | symbol): number;
}
interface Parent {
  readonly children: Set<Child>;
  createChild(name: string): Child;
}

/** The number of listeners and middleware that an app has added to a namespace. */
function furnishingOf(child: Child): number {
  return child.eventNames().reduce((sum, event) => sum + child.listenerCount(event), child._fns.length);
}

/** Reports each request that an adapter sends to other workers, with its time-out. */
function onQuestion(adapter: Child['adapter'], tell: (timeout: number) => void): void {
  for (const name of ASKING) {
    const ask = adapter[name]?.bind(adapter);
    if (!ask) continue;
    adapter[name] = (...args) => {
      const { timeout = 0 } = args.map(arg => (arg as { flags?: { timeout?: number } } | undefined)?.flags).find(Boolean) ?? {};
      tell(timeout);
      return ask(...args);
    };
  }
}

/** Removes the namespaces of one server that belong to a RegExp, or a function, when nobody needs them any more. */
class EmptyNamespaces {
  private readonly looking = new Set<() => void>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly namespaces: Map<string, unknown>) {}

  /** Watches the namespaces of a parent. */
  watchParent(parent: Parent): void {
    const createChild = parent.createChild.bind(parent);
    parent.createChild = name => {
      const child = createChild(name);
      this.watch(child, parent);
      return child;
    };
  }

  private watch(child: Child, parent: Parent): void {
    const furnishing = furnishingOf(child);
    let connecting = 0;
    let neededUntil = 0;

    const look = () => {
      this.looking.delete(look);
      if (this.namespaces.get(child.name) !== child) return;
      // Socket.IO only checks connected sockets, and removes the namespace while clients are about to connect.
      if (connecting + child.sockets.size + child._preConnectSockets.size > 0) return;
      // The app's own listeners and middleware on this namespace would be lost with it.
      if (furnishingOf(child) !== furnishing) return;
      // Responses go to the adapter that has sent the request.
      if (Date.now() < neededUntil) return this.lookLater(look);
      this.namespaces.delete(child.name);
      parent.children.delete(child);
      Promise.resolve(child.adapter.close()).catch(() => undefined);
      this.standIn(child, parent);
    };

    const add = child._add.bind(child);
    child._add = async (...args) => {
      connecting += 1;
      try {
        return await add(...args);
      } finally {
        connecting -= 1;
      }
    };
    const remove = child._remove.bind(child);
    child._remove = socket => {
      remove(socket);
      look();
    };
    onQuestion(child.adapter, timeout => {
      neededUntil = Math.max(neededUntil, Date.now() + Math.max(QUESTION, timeout + LOOK));
    });
    this.lookLater(look);
  }

  private lookLater(look: () => void): void {
    this.looking.add(look);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      for (const one of [ ...this.looking ]) one();
    }, LOOK).unref();
  }

  /** Some code may have kept the removed object: its calls go to the namespace of its name, which is created again for them. */
  private standIn(removed: Child, parent: Parent): void {
    const { name } = removed;
    const find = () => this.namespaces.get(name) as Child | undefined;
    const live = () => find() ?? parent.createChild(name);
    Object.defineProperties(removed, {
      adapter: { get: () => live().adapter },
      sockets: { get: () => find()?.sockets ?? NO_SOCKETS },
    });
    for (const put of PUTTING) {
      removed[put] = (...args) => {
        live()[put](...args);
        return removed;
      };
    }
  }
}

/**
 * Removes namespaces that a RegExp or a function has created when they are empty, even if nobody ever entered: an emit creates one. The
 * next client, or the next emit, creates it again. A namespace with the app's own listeners or middleware stays.
 */
export function removeEmptyNamespaces(io: Server): void {
  const empty = new EmptyNamespaces(io._nsps as Map<string, unknown>);
  const server = io as unknown as { of: Method };
  const of = server.of.bind(io);
  server.of = (name, ...rest) => {
    const namespace = of(name, ...rest);
    if (typeof name === 'function' || name instanceof RegExp) empty.watchParent(namespace as Parent);
    return namespace;
  };
}
