import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { connect, type Socket } from 'node:net';

/** What a server has answered. */
export interface Answer {
  status: number;
  body: string;
  headers: http.IncomingHttpHeaders;
  /** Names and values in turn. */
  rawHeaders: string[];
}

/** A request whose answer may be waited for. */
export interface Asked {
  request: http.ClientRequest;
  answer: Promise<Answer>;
}

/** Begins a request; the answer is rejected if the connection breaks before its end. */
export function ask(url: string, options: http.RequestOptions = {}, body?: string | Buffer): Asked {
  const request = http.request(url, { agent: false, ...options });
  const answer = once(request, 'response').then(async ([ incoming ]: http.IncomingMessage[]) => {
    const chunks: Buffer[] = await incoming.toArray();
    const { statusCode, headers, rawHeaders } = incoming;
    return { status: statusCode!, body: Buffer.concat(chunks).toString(), headers, rawHeaders };
  });
  // It may be broken off before anybody waits for its answer.
  answer.catch(() => undefined);
  if (body !== undefined) request.end(body);
  return { request, answer };
}

/** A request from its beginning to its answer's end. */
export async function exchange(url: string, options: http.RequestOptions = {}, body: string | Buffer = ''): Promise<Answer> {
  const headers = { ...options.headers } as http.OutgoingHttpHeaders;
  if (body.length > 0 && !('transfer-encoding' in headers)) headers['content-length'] = Buffer.byteLength(body);
  return ask(url, { ...options, headers }, body).answer;
}

/** Begins a request, and returns once the owner of its session has it. */
export async function begin(url: string, options: http.RequestOptions = {}): Promise<Asked> {
  const asked = ask(url, { ...options, headers: { ...options.headers as object, expect: '100-continue' } });
  asked.request.flushHeaders();
  await once(asked.request, 'continue');
  return asked;
}

/** A TCP connection to a port of this machine. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes on a connection until the other side ends it. */
export async function drain(socket: Socket): Promise<string> {
  const chunks: Buffer[] = await socket.toArray();
  return Buffer.concat(chunks).toString('latin1');
}

/** Sends bytes, and takes everything until the server closes the connection. */
export async function talk(port: number, bytes: string): Promise<string> {
  const socket = await dial(port);
  socket.write(bytes, 'latin1');
  return drain(socket);
}

/** Asserts that an answer is Engine.IO's to a session that it does not know. */
export function assertUnknown(answer: Answer): void {
  assert.deepEqual([ answer.status, answer.body, answer.headers['content-type'] ],
    [ 400, '{"code":1,"message":"Session ID unknown"}', 'application/json' ]);
}
