import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MockApplication } from 'egg-mock';
import WebSocket from 'ws';
import { frameworkOf } from '../../lib/boot/framework';

/** How a server has answered. */
export interface Answer {
  status: number;
  body: string;
}

/** A server of an app's Socket.IO, and requests to it with headers such as a browser sends. */
export interface AttachedServer {
  readonly port: number;
  readonly host: string;
  /** A polling handshake; with `more` of the query, and a body that is posted, another request. */
  poll(headers?: Record<string, string>, more?: string, body?: string): Promise<Answer>;
  /** A WebSocket handshake; the status is 101 if it is accepted. */
  upgrade(headers?: Record<string, string>, more?: string): Promise<Answer>;
  close(): void;
}

/** Makes an app's Socket.IO listen on a port of its own. */
export async function attachServer(app: MockApplication): Promise<AttachedServer> {
  const server = createServer();
  const detach = frameworkOf(app).attachTo(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const query = '/socket.io/?EIO=4&transport=';

  async function poll(headers: Record<string, string> = {}, more = '', body?: string): Promise<Answer> {
    const method = body === undefined ? 'GET' : 'POST';
    const req = request({ port, host: '127.0.0.1', method, path: `${query}polling${more}`, headers, agent: false }).end(body);
    const [ res ] = await once(req, 'response');
    let answer = '';
    for await (const chunk of res) answer += chunk;
    return { status: res.statusCode, body: answer };
  }

  async function upgrade(headers: Record<string, string> = {}, more = ''): Promise<Answer> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${query}websocket${more}`, { headers });
    return new Promise<Answer>((resolve, reject) => {
      socket.once('unexpected-response', (_req, res) => {
        let body = '';
        res.on('data', chunk => { body += chunk; }).on('end', () => resolve({ status: res.statusCode ?? 0, body }));
      });
      socket.once('open', () => {
        resolve({ status: 101, body: '' });
        socket.terminate();
      });
      socket.on('error', reject);
    });
  }

  return {
    port, host: `127.0.0.1:${port}`, poll, upgrade,
    close() {
      detach();
      server.close();
      server.closeAllConnections();
    },
  };
}
