import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MockApplication } from 'egg-mock';
import WebSocket from 'ws';
import { frameworkOf } from '../../lib/framework';

/** How a server has answered. */
export interface Answer {
  status: number;
  body: string;
}

/** A server of an app's Socket.IO, and requests to it with headers such as a browser sends. */
export interface AttachedServer {
  readonly port: number;
  readonly host: string;
  /** A polling handshake. */
  poll(headers?: Record<string, string>): Promise<Answer>;
  /** A WebSocket handshake; the status is 101 if it is accepted. */
  upgrade(headers?: Record<string, string>): Promise<Answer>;
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

  async function poll(headers: Record<string, string> = {}): Promise<Answer> {
    const req = request({ port, host: '127.0.0.1', path: `${query}polling`, headers, agent: false }).end();
    const [ res ] = await once(req, 'response');
    let body = '';
    for await (const chunk of res) body += chunk;
    return { status: res.statusCode, body };
  }

  async function upgrade(headers: Record<string, string> = {}): Promise<Answer> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${query}websocket`, { headers });
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
