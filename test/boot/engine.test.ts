import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Server, type ServerOptions } from 'socket.io';
import { createServer as createSocketIO } from '../../lib/boot/engine';

const CASES: Record<string, Partial<ServerOptions>> = {
  'without options': {},
  'with a path': { path: '/deep/io/' },
  'without a slash at the end of the path': { addTrailingSlash: false },
  'without the client\'s files': { serveClient: false },
  'with cors': { cors: { origin: 'http://a.example' } },
  'with one transport': { transports: [ 'websocket' ] },
  'with recovery': { connectionStateRecovery: { maxDisconnectionDuration: 1000 } },
};

/** A response, without what is different each time. */
async function ask(port: number, path: string): Promise<object> {
  const [ res ] = await once(get({ port, host: '127.0.0.1', path, agent: false, headers: { Origin: 'http://a.example' } }), 'response') as [IncomingMessage];
  const { date, ...headers } = res.headers;
  const body = (await text(res)).replace(/"sid":"[^"]+"/, '"sid":""').slice(0, 500);
  return { status: res.statusCode, headers: { ...headers, date: typeof date }, body };
}

describe('test/boot/engine.test.ts', () => {
  /** What can be seen of a server with these options from outside, and on its engine. */
  async function look(create: (http: HttpServer, options: Partial<ServerOptions>) => Server, options: Partial<ServerOptions>) {
    const http = createServer((_req, res) => res.writeHead(404).end('the app'));
    const io = create(http, { ...options });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    const path = (options.path ?? '/socket.io').replace(/\/$/, '');
    const responses: object[] = [];
    for (const rest of [ '/socket.io.min.js', '/socket.io.js.map', '/?EIO=4&transport=polling', '?EIO=4&transport=polling', '/other', 's' ]) {
      responses.push(await ask(port, path + rest));
    }
    responses.push(await ask(port, '/'));
    const seen = { responses, opts: io.engine.opts, isOwnServer: io.httpServer === http, listeners: io.engine.listenerCount('connection') };
    http.closeAllConnections();
    await io.close();
    return { ...seen, isListening: http.listening };
  }

  for (const [ name, options ] of Object.entries(CASES)) {
    it(`a server ${name} has the same options, responses and end as one with the engine that Socket.IO creates`, async () => {
      const own = await look(createSocketIO, options);
      assert.deepEqual(own, await look((http, how) => new Server(http, how), options));
      assert.equal(own.isListening, false);
    });
  }
});
