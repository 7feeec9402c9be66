/** Takes what code of the app's own has thrown, or what its promise was rejected with. Must not throw. */
export type Caught = (thrown: unknown) => void;

/**
 * Logs what code of the app's own has thrown. Never throws; what repeats itself is counted.
 *
 * @param where - where it was thrown, and what comes of it
 */
export type LogThrown = (thrown: unknown, where: string) => void;

/** Makes what takes errors of code that messages of other workers, or of Redis, have run: a listener of `serverSideEmit()`, say. */
export function inMessages(logThrown: LogThrown): Caught {
  return thrown => logThrown(thrown, 'a message from another worker or server could not be handled');
}

/** Code that the app has given to Socket.IO: a listener, a middleware, the callback of an ack. */
type AppCode = (...args: never[]) => unknown;

/** Calls code of the app's own: an error in it must end neither the worker nor what else is to be called. */
export function callApp(code: AppCode, self: unknown, args: readonly unknown[], caught: Caught): void {
  try {
    const result: unknown = Reflect.apply(code, self, args as unknown[]);
    // Not any thenable: the query that an arrow function returns by accident would be sent by its then().
    if (result instanceof Promise) result.then(undefined, caught);
  } catch (thrown) {
    caught(thrown);
  }
}

type Next = (error?: Error | null) => void;

/** A middleware of Socket.IO's: of `namespace.use()` or `socket.use()`. */
export type AppMiddleware<Subject> = (subject: Subject, next: Next) => unknown;

/**
 * Runs middleware of Socket.IO's, one after the other.
 *
 * @param done - called once all have called `next()`, or with the error that one has given it
 * @param caught - called with what a middleware throws, and whether it has called `next()` before
 */
export function runAppMiddleware<Subject>(
  middleware: readonly AppMiddleware<Subject>[], subject: Subject, done: Next, caught: (thrown: unknown, wentOn: boolean) => void,
): void {
  const list = [ ...middleware ];
  const step = (i: number): void => {
    if (i === list.length) {
      done();
      return;
    }
    let isOver = false;
    const next: Next = error => {
      // A second call would connect a socket twice, or handle an event twice.
      if (isOver) return;
      isOver = true;
      if (error) done(error);
      else step(i + 1);
    };
    callApp(list[i], undefined, [ subject, next ], thrown => {
      const wentOn = isOver;
      isOver = true;
      caught(thrown, wentOn);
    });
  };
  step(0);
}
