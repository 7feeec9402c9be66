import type { Redis } from 'ioredis';

/** The private part of ioredis that breaks a connection without an answer. */
interface Timed {
  readonly stream: NodeJS.ReadableStream & { destroy(error: Error): void };
  readonly options: { readonly socketTimeout?: number };
  readonly commandQueue: { readonly length: number };
  socketTimeoutTimer?: NodeJS.Timeout;
  /** Called for a command that is written while no other waits for its answer. */
  setSocketTimeout(): void;
}

/**
 * Gives a client the time-out of ioredis's option `socketTimeout`, with two bugs fixed. Node.js runs a due timer before it reads data
 * that has arrived, so a process that was busy for two seconds broke a connection on which the answer was waiting, and lost messages
 * until it was connected again. And the timer outlived its connection, and broke the next one.
 *
 * @return the client
 */
export function timeAnswers(client: Redis): Redis {
  const timed = client as unknown as Timed;
  const forget = () => {
    clearTimeout(timed.socketTimeoutTimer);
    timed.socketTimeoutTimer = undefined;
  };
  timed.setSocketTimeout = () => {
    const { stream, options: { socketTimeout } } = timed;
    const timer = timed.socketTimeoutTimer = setTimeout(() => {
      // After the arrived data was read.
      setImmediate(() => {
        if (timed.socketTimeoutTimer !== timer) return;
        timed.socketTimeoutTimer = undefined;
        stream.destroy(new Error(`Socket timeout: a command is waiting for Redis, which has sent nothing for ${socketTimeout} ms`));
      });
    }, socketTimeout);
    // After the listener that takes the answers from the queue.
    stream.once('data', () => {
      if (timed.socketTimeoutTimer !== timer) return;
      forget();
      if (timed.commandQueue.length > 0) timed.setSocketTimeout();
    });
  };
  return client.on('close', forget);
}
