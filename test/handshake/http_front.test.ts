import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, request, type Server } from 'node:http';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import WebSocket, { WebSocketServer } from 'ws';
import { HttpFront } from '../../lib/routing/http_front';

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function fetchText(port: number, path: string): Promise<[number, string]> {
  const [ res ] = await once(get({ port, path, host: '127.0.0.1' }), 'response') as [IncomingMessage];
  return [ res.statusCode!, await text(res) ];
}

/** Everything the server writes to a raw upgrade request until it closes the connection. */
async function rawUpgrade(port: number, path: string): Promise<string> {
  const socket = connectTcp(port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  return text(socket);
}

describe('test/handshake/http_front.test.ts', () => {
  let server: Server;
  let front: HttpFront;
  let port: number;

  beforeEach(async () => {
    server = createServer((_req, res) => { res.end('egg'); });
    front = new HttpFront({ path: '/socket.io' });
    front.server.removeAllListeners('request');
    front.server.on('request', (_req, res) => { res.end('ours'); });
    front.attach(server);
    port = await listen(server);
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('handles requests for its own path and leaves all others to the server', async () => {
    assert.deepEqual(await fetchText(port, '/socket.io/?EIO=4'), [ 200, 'ours' ]);
    assert.deepEqual(await fetchText(port, '/socket.io'), [ 200, 'egg' ]);
    assert.deepEqual(await fetchText(port, '/socket.iox/'), [ 200, 'egg' ]);
    assert.deepEqual(await fetchText(port, '/'), [ 200, 'egg' ]);
  });

  it('restores the server when it is removed', async () => {
    front.detachAll();
    assert.deepEqual(await fetchText(port, '/socket.io/'), [ 200, 'egg' ]);
    assert.equal(server.listenerCount('upgrade'), 0);
    assert.equal(server.listenerCount('request'), 1);
    assert.ok(server.listening);
  });

  describe('a request with more headers than Node parses is answered 431, and its connection closed', () => {
    const path = '/socket.io/?EIO=4';
    for (const [ what, method, headers, target = path ] of [
      [ 'a GET', 'GET', '' ],
      [ 'a POST whose length Node has not parsed', 'POST', 'Content-Length: 5\r\n' ],
      [ 'an upgrade', 'GET', 'Connection: Upgrade\r\nUpgrade: websocket\r\n' ],
      [ "a GET of Egg's own routes", 'GET', '', '/' ],
      [ "a POST to Egg's own routes whose length Node has not parsed", 'POST', 'Content-Length: 5\r\n', '/' ],
      [ "an upgrade to HTTP/2 on Egg's own routes", 'GET', 'Connection: Upgrade\r\nUpgrade: h2c\r\n', '/' ],
    ]) {
      it(what, async () => {
        front.server.on('upgrade', (_req, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nours'));
        for (const count of [ 1001, 1023, 1024, 2500 ]) {
          const socket = connectTcp(port, '127.0.0.1');
          socket.write(`${method} ${target} HTTP/1.1\r\nHost: a\r\n${headers ? '' : 'H: 1\r\n'}${'a:\r\n'.repeat(count - 2 - (headers.split('\r\n').length - 2))}${headers}\r\n`);
          const answer = await text(socket);
          assert.match(answer, /^HTTP\/1\.1 431 [^]*\r\nConnection: close\r\n/, `${count}`);
          assert.doesNotMatch(answer, /ours|egg/);
        }
      });
    }

    it('but not one that has as many as Node parses', async () => {
      const headers = `Host: a\r\nConnection: close\r\n${'a:\r\n'.repeat(998)}`;
      for (const [ url, answer ] of [[ path, 'ours' ], [ '/', 'egg' ]]) {
        const socket = connectTcp(port, '127.0.0.1');
        socket.write(`GET ${url} HTTP/1.1\r\n${headers}\r\n`);
        assert.match(await text(socket), new RegExp(`^HTTP/1\\.1 200 [^]*${answer}`));
      }
    });

    it("counted by the server's maxHeadersCount", async () => {
      for (const [ most, count, status ] of [[ 10, 11, 431 ], [ 10, 10, 200 ], [ 0, 1500, 200 ]]) {
        server.maxHeadersCount = most;
        const socket = connectTcp(port, '127.0.0.1');
        socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${'a:\r\n'.repeat(count - 2)}\r\n`);
        assert.match(await text(socket), new RegExp(`^HTTP/1\\.1 ${status} `), `${count} of ${most}`);
      }
    });
  });

  describe('an idle connection whose last request was for our path is left to the client', () => {
    /** Resolves with what came for each request on one connection, the later of which arrive when Node would have closed it. */
    async function askTwice(url: string): Promise<string> {
      const socket = connectTcp(port, '127.0.0.1');
      const answer = text(socket);
      socket.write(`GET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`);
      await once(socket, 'readable');
      // Timers have had their turn, and connections are read before they have it again; later Node.js adds a second to its time.
      await setImmediate();
      const until = performance.now() + 1300;
      socket.write('GET /socket.io/?second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      while (performance.now() < until);
      return answer;
    }

    beforeEach(() => { server.keepAliveTimeout = 100; });

    it('which gets an answer to a request that arrives while the worker is busy', async () => {
      assert.equal((await askTwice('/socket.io/?first')).match(/HTTP\/1\.1 200/g)?.length, 2);
    });

    it('but Node closes it after its own time if the last request was for another path', async () => {
      await assert.rejects(askTwice('/'), { code: 'ECONNRESET' });
    });

    it('also where the server never closes it, and the time of a request stays as the server says', async () => {
      server.keepAliveTimeout = 0;
      assert.equal((await askTwice('/socket.io/?first')).match(/HTTP\/1\.1 200/g)?.length, 2);
      server.timeout = 20;
      front.server.removeAllListeners('request');
      const socket = connectTcp(port, '127.0.0.1');
      socket.write('GET /socket.io/ HTTP/1.1\r\nHost: a\r\n\r\n');
      assert.equal(await text(socket), '');
    });
  });

  it('handles several servers', async () => {
    const second = createServer((_req, res) => { res.end('second'); });
    const detach = front.attach(second);
    const secondPort = await listen(second);
    assert.deepEqual(await fetchText(secondPort, '/'), [ 200, 'second' ]);
    assert.deepEqual(await fetchText(secondPort, '/socket.io/'), [ 200, 'ours' ]);
    detach();
    assert.deepEqual(await fetchText(secondPort, '/socket.io/'), [ 200, 'second' ]);
    assert.deepEqual(await fetchText(port, '/socket.io/'), [ 200, 'ours' ]);
    second.closeAllConnections();
    second.close();
  });

  it('answers 404 if Socket.IO does not answer', async () => {
    const own = new HttpFront({ path: '/io' });
    front.detachAll();
    own.attach(server);
    assert.deepEqual(await fetchText(port, '/io/'), [ 404, '' ]);
  });

  it('refuses an upgrade that Socket.IO does not handle', async () => {
    assert.match(await rawUpgrade(port, '/socket.io/'), /^HTTP\/1\.1 400 Bad Request/);
  });

  it('begins no session once it is retired, and keeps serving existing ones', async () => {
    front.server.on('upgrade', (_req, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    front.retire();
    assert.deepEqual(await fetchText(port, '/socket.io/?EIO=4'), [ 503, '' ]);
    assert.deepEqual(await fetchText(port, '/socket.io/?EIO=4&sid=a'), [ 200, 'ours' ]);
    assert.deepEqual(await fetchText(port, '/'), [ 200, 'egg' ]);
    assert.match(await rawUpgrade(port, '/socket.io/?EIO=4'), /^HTTP\/1\.1 503 Service Unavailable\r\nRetry-After: 1/);
    assert.match(await rawUpgrade(port, '/socket.io/?EIO=4&sid=a'), /^HTTP\/1\.1 200 OK/);
  });

  it('answers 503 once it is closed, also for existing sessions, and leaves other paths to the server', async () => {
    front.close();
    for (const query of [ '?EIO=4', '?EIO=4&sid=a' ]) {
      assert.deepEqual(await fetchText(port, `/socket.io/${query}`), [ 503, '' ]);
      assert.match(await rawUpgrade(port, `/socket.io/${query}`), /^HTTP\/1\.1 503 Service Unavailable\r\nRetry-After: 1/);
    }
    assert.deepEqual(await fetchText(port, '/'), [ 200, 'egg' ]);
  });

  it('accepts no new connections once it stops listening, and keeps idle ones open', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const viaAgent = async () => {
      const req = get({ port, path: '/socket.io/', host: '127.0.0.1', agent });
      const [ res ] = await once(req, 'response') as [IncomingMessage];
      return [ await text(res), req.reusedSocket ];
    };
    assert.deepEqual(await viaAgent(), [ 'ours', false ]);
    front.stopListening();
    assert.deepEqual(await viaAgent(), [ 'ours', true ]);
    await assert.rejects(fetchText(port, '/socket.io/'), { code: 'ECONNREFUSED' });
    front.stopListening();
    agent.destroy();
  });

  describe('an upgrade to something other than a WebSocket is handled as an ordinary request', () => {
    const UPGRADE = 'Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n';
    let asked: string[];

    beforeEach(() => {
      asked = [];
      front.detachAll();
      server.removeAllListeners('request');
      for (const [ name, to ] of [[ 'egg', server ], [ 'ours', front.server ]] as const) {
        to.removeAllListeners('request');
        to.on('request', async (req: IncomingMessage, res: import('node:http').ServerResponse) => {
          const body = await text(req);
          asked.push(`${name} ${req.method} ${req.url} ${body}`);
          res.end(`${name} got ${body}`);
        });
      }
      front.attach(server);
    });

    /** Answers on one connection, whose last request closes it. */
    async function answers(bytes: string): Promise<string[]> {
      const socket = connectTcp(port, '127.0.0.1');
      socket.write(`${bytes}GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      return (await text(socket)).split(/(?=HTTP\/1\.1 )/).map(answer => answer.replace(/\r\n[^]*\r\n\r\n(\w+\r\n)?/, ' ').replace(/\r\n0\r\n\r\n$/, ''));
    }

    for (const [ path, name ] of [[ '/elsewhere', 'egg' ], [ '/socket.io/?EIO=4&transport=polling', 'ours' ]]) {
      it(`with its body, and with those behind it: ${path}`, async () => {
        const get = `GET ${path} HTTP/1.1\r\n${UPGRADE}\r\n`;
        const post = (body: string) => `POST ${path} HTTP/1.1\r\n${UPGRADE}Content-Length: ${body.length}\r\n\r\n${body}`;
        const chunked = `POST ${path} HTTP/1.1\r\n${UPGRADE}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`;
        for (const [ bytes, body ] of [[ get, '' ], [ post('hello'), 'hello' ], [ post('x'.repeat(200_000)), 'x'.repeat(200_000) ], [ chunked, 'hello' ]]) {
          assert.deepEqual(await answers(bytes), [ `HTTP/1.1 200 OK ${name} got ${body}`, 'HTTP/1.1 200 OK egg got ' ]);
        }
      });

      it(`many times on one connection: ${path}`, async () => {
        const warnings: Error[] = [];
        const note = (warning: Error) => warnings.push(warning);
        process.on('warning', note);
        const socket = connectTcp(port, '127.0.0.1');
        for (let i = 0; i < 50; i++) {
          socket.write(`POST ${path} HTTP/1.1\r\n${UPGRADE}Content-Length: 5\r\n\r\nhello`);
          assert.match(String((await once(socket, 'data'))[0]), new RegExp(`^HTTP/1\\.1 200 OK\\r\\n[^]*${name} got hello`));
        }
        socket.destroy();
        process.off('warning', note);
        assert.deepEqual([ asked.length, warnings ], [ 50, []]);
      });
    }

    it('whose body is never parsed as another request', async () => {
      const hidden = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n';
      await answers(`POST /elsewhere HTTP/1.1\r\n${UPGRADE}Content-Length: ${hidden.length}\r\n\r\n${hidden}`);
      const filler = 'h:\r\n'.repeat(1100);
      const socket = connectTcp(port, '127.0.0.1');
      socket.write(`POST /elsewhere HTTP/1.1\r\n${UPGRADE}${filler}Content-Length: ${hidden.length}\r\n\r\n${hidden}`);
      assert.match(await text(socket), /^HTTP\/1\.1 431 /);
      assert.deepEqual(asked.filter(line => line.startsWith('egg GET /hidden')), []);
    });

    it('unless somebody else listens to upgrades', async () => {
      server.on('upgrade', (req, socket) => { if (req.url === '/elsewhere') socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'); });
      const socket = connectTcp(port, '127.0.0.1');
      socket.write(`GET /elsewhere HTTP/1.1\r\n${UPGRADE}\r\n`);
      assert.match(await text(socket), /^HTTP\/1\.1 101 /);
      assert.deepEqual(asked, []);
    });

    it('and that is over with the front', async () => {
      front.detachAll();
      const upgrade = once(server, 'upgrade') as Promise<[IncomingMessage, import('node:net').Socket]>;
      const socket = connectTcp(port, '127.0.0.1');
      socket.write(`GET /elsewhere HTTP/1.1\r\n${UPGRADE}\r\n`);
      (await upgrade)[1].destroy();
      socket.destroy();
    });
  });

  it('closes an upgrade that no other listener could answer', async () => {
    assert.match(await rawUpgrade(port, '/elsewhere'), /^HTTP\/1\.1 404 Not Found/);
  });

  for (const [ what, upgrade ] of [[ 'a WebSocket', 'websocket' ], [ 'something else', 'h2c' ]]) {
    it(`closes a connection after its responses if an upgrade to ${what} was sent before them`, async () => {
      const waiting: import('node:http').ServerResponse[] = [];
      const upgraded: unknown[] = [];
      front.server.removeAllListeners('request');
      front.server.on('upgrade', req => upgraded.push(req.url));
      const both = new Promise<void>(resolve => {
        front.server.on('request', (_req, res) => {
          waiting.push(res);
          if (waiting.length === 2) resolve();
        });
      });
      const socket = connectTcp(port, '127.0.0.1');
      const get = (path: string) => `GET /socket.io/${path} HTTP/1.1\r\nHost: a\r\n`;
      socket.write(`${get('1')}\r\n${get('2')}\r\n${get('3')}Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`);
      await both;
      waiting[1].end('second');
      waiting[0].end('first');
      assert.match(await text(socket), /^HTTP\/1\.1 200 [^]*first[^]*HTTP\/1\.1 200 [^]*second$/);
      assert.deepEqual([ waiting.length, upgraded ], [ 2, []]);
    });
  }

  it('leaves an upgrade of another path to the other listeners of the server', async () => {
    const other = new WebSocketServer({ noServer: true });
    server.on('upgrade', (req, socket, head) => {
      if (req.url === '/other') other.handleUpgrade(req, socket, head, client => client.send('from the other'));
    });
    const client = new WebSocket(`ws://127.0.0.1:${port}/other`);
    const [ data ] = await once(client, 'message');
    assert.equal(String(data), 'from the other');
    client.close();
    await once(client, 'close');
    other.close();
  });

  it('closes an upgrade that the other listeners do not answer, and not one that they keep open', async () => {
    front.detachAll();
    const quick = new HttpFront({ path: '/socket.io', destroyUpgradeTimeout: 1 });
    quick.attach(server);
    server.on('upgrade', () => undefined);
    assert.match(await rawUpgrade(port, '/elsewhere'), /^HTTP\/1\.1 404 Not Found/);
  });

  it('does not close upgrades with destroyUpgrade: false', async () => {
    front.detachAll();
    new HttpFront({ path: '/socket.io', destroyUpgrade: false, destroyUpgradeTimeout: 1 }).attach(server);
    const taken = once(server, 'upgrade') as Promise<[IncomingMessage, import('node:net').Socket]>;
    const answer = rawUpgrade(port, '/elsewhere');
    const [ , socket ] = await taken;
    socket.end('HTTP/1.1 426 Upgrade Required\r\n\r\n');
    assert.match(await answer, /^HTTP\/1\.1 426/);
  });

  it('passes on the body of a POST', async () => {
    front.server.removeAllListeners('request');
    front.server.on('request', async (req, res) => { res.end(await text(req)); });
    const req = request({ port, host: '127.0.0.1', path: '/socket.io/', method: 'POST' });
    req.end('x'.repeat(100_000));
    const [ res ] = await once(req, 'response') as [IncomingMessage];
    assert.equal((await text(res)).length, 100_000);
  });
});
