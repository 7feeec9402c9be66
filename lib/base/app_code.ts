/** Handles a thrown value, or a rejection, of the app's own code. Must not throw. */
export type Caught = (thrown: unknown) => void;

/**
 * Logs an error of the app's own code. Never throws; repeated errors are counted.
 *
 * @param where - the place of the error, and its effect
 */
export type LogThrown = (thrown: unknown, where: string) => void;

/** Returns an error handler for code that messages of other workers, or of Redis, have run, such as a listener of `serverSideEmit()`. */
export function inMessages(logThrown: LogThrown): Caught {
  return thrown => logThrown(thrown, 'a message from another worker or server could not be handled');
}

/** Code that the app has passed to Socket.IO: a listener, a middleware, the callback of an ack. */
type AppCode = (...args: never[]) => unknown;

/** Calls the app's own code: an error in it must neither end the worker nor keep other code from being called. */
export function callApp(code: AppCode, self: unknown, args: readonly unknown[], caught: Caught): void {
  try {
    const result: unknown = Reflect.apply(code, self, args as unknown[]);
    // Not any thenable: an arrow function may return a database query by accident, whose then() would run it.
    if (result instanceof Promise) result.then(undefined, caught);
  } catch (thrown) {
    caught(thrown);
  }
}

type Next = (error?: Error | null) => void;

/** A Socket.IO middleware, of `namespace.use()` or `socket.use()`. */
export type AppMiddleware<Subject> = (subject: Subject, next: Next) => unknown;

/**
 * Runs Socket.IO middleware, one after the other.
 *
 * @param done - called once all have called `next()`, or with the error that one has passed to it
 * @param caught - called with an error that a middleware throws, and whether it has called `next()` before
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
