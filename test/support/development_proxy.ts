import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RunningServer } from './server';

/** As the proxy of a development server has them (https://vite.dev/config/server-options#server-proxy). */
export interface ProxyOptions {
  /** Puts the target's address into `Host`. */
  changeOrigin?: boolean;
}

/** Starts what a development server does for the paths that it passes on, WebSockets too. */
export async function startDevelopmentProxy(target: string, { changeOrigin = false }: ProxyOptions): Promise<RunningServer> {
  const { host, hostname, port } = new URL(target);
  const open = new Set<Duplex>();

  function forward({ method, url, headers }: IncomingMessage) {
    const passed: IncomingHttpHeaders = { ...headers, ...changeOrigin && { host } };
    return request({ host: hostname, port, method, path: url, headers: passed, agent: false });
  }

  const server = createServer((req, res) => {
    const passed = forward(req);
    passed.on('response', answer => {
      res.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(res);
    });
    passed.on('error', () => res.destroy());
    res.on('close', () => passed.destroy());
    req.pipe(passed);
  });
  server.on('connection', (socket: Socket) => open.add(socket));
  server.on('upgrade', (req, client, head) => {
    const passed = forward(req);
    const writeHead = ({ statusCode, statusMessage, rawHeaders }: IncomingMessage) => {
      const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [ `${name}: ${rawHeaders[i + 1]}` ] : []));
      client.write(`HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('\r\n')}\r\n\r\n`);
    };
    client.on('error', () => passed.destroy());
    passed.on('error', () => client.destroy());
    passed.on('response', answer => {
      writeHead(answer);
      answer.pipe(client);
    });
    passed.on('upgrade', (answer, socket, first) => {
      open.add(socket);
      writeHead(answer);
      client.write(first);
      socket.write(head);
      socket.on('error', () => client.destroy());
      socket.pipe(client).pipe(socket);
    });
    passed.end();
  });
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of open) socket.destroy();
      await new Promise(resolve => { server.close(resolve); });
    },
  };
}
