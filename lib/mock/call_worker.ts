import { request } from 'node:http';
import type { SocketEventResult } from './event_types';
import { CALL_URL, type CallArguments, pack, REMOTE_METHOD, unpack, type WorkerAnswer } from './remote';

/** Milliseconds that a call may take beyond its own `timeout`, for the transfer. */
const WAY = 5000;

async function post(port: number, body: string, timeout: number): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const req = request({ host: '127.0.0.1', port, path: CALL_URL, method: 'POST', agent: false, headers }, async res => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of res) chunks.push(chunk as Buffer);
        resolve({ status: res.statusCode, text: Buffer.concat(chunks).toString() });
      } catch (error) {
        reject(error);
      }
    });
    const timer = setTimeout(() => req.destroy(new Error(`the worker has not answered within ${timeout} ms`)), timeout);
    req.on('close', () => clearTimeout(timer));
    req.on('error', reject);
    req.end(body);
  });
}

function packArguments(call: CallArguments): string {
  try {
    return pack(call);
  } catch (cause) {
    throw new TypeError(`mockSocketEvent('${call[0]}', '${call[1]}'): the app of mm.cluster() runs in another process, to which functions and`
      + ` contexts cannot be sent (${(cause as Error).message}). Give plain values, or use mm.app().`, { cause });
  }
}

/**
 * Lets a worker of `mm.cluster()` make a call.
 *
 * @param port - of Egg's own server
 * @throws {TypeError} for arguments that cannot be sent to another process
 * @throws {Error} like `app.mockSocketEvent()` in the worker; if the worker cannot make the call
 */
export async function callWorker(port: number, ...call: CallArguments): Promise<SocketEventResult> {
  const [ namespace, event, , { timeout = 5000 } = {} ] = call;
  const body = JSON.stringify({ method: REMOTE_METHOD, args: [ packArguments(call) ], needResult: true });
  const { status, text } = await post(port, body, 2 * timeout + WAY);
  if (status !== 200) {
    throw new Error(`mockSocketEvent('${namespace}', '${event}'): a worker of mm.cluster() answered ${status} (${text.slice(0, 200)}). It must run in the unittest env.`);
  }
  const answer = unpack(text) as WorkerAnswer;
  if ('result' in answer) return answer.result;
  const { message, stack, data } = answer.error;
  // The stack of this error leads to the test's line, that of its cause to the place where it was thrown.
  const cause = Object.assign(new Error(message), { stack });
  throw Object.assign(new Error(message, { cause }), data === undefined ? {} : { data });
}
