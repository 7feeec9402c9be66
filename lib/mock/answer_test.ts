import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import type { Application as EggApplication } from 'egg';
import { CALL_URL, type CallArguments, pack, unpack, type WorkerAnswer } from './remote';
import { mockSocketEvent } from './socket_event';

interface RequestContext { originalUrl?: string; respond?: boolean; status?: number; readonly res: ServerResponse }

/** The current request; a test's `app.mockContext()` makes Egg return another one. */
function currentRequest(app: EggApplication): RequestContext | undefined {
  return AsyncLocalStorage.prototype.getStore.call(app.ctxStorage) as RequestContext | undefined;
}

/** Whether egg-mock calls a method for a test in another process. */
export function isCalledByEggMock(app: EggApplication): boolean {
  return currentRequest(app)?.originalUrl === CALL_URL;
}

async function answer(app: EggApplication, call: CallArguments): Promise<WorkerAnswer> {
  try {
    return { result: await mockSocketEvent(app, ...call) };
  } catch (error) {
    const { message, stack, data } = error as Error & { data?: unknown };
    return { error: { message, stack, data } };
  }
}

function packAnswer(value: WorkerAnswer): string {
  try {
    return pack(value);
  } catch (error) {
    return pack({ error: { message: `the results of the event cannot be sent to the test process: ${(error as Error).message}` } });
  }
}

/** Makes the call for a test in another process, and answers its request. */
export function answerTest(app: EggApplication, packed: string): void {
  const ctx = currentRequest(app)!;
  ctx.respond = false;
  ctx.status = 200;
  void answer(app, unpack(packed) as CallArguments).then(value => ctx.res.end(packAnswer(value)));
}
