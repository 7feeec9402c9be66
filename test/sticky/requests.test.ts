import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import zlib from 'node:zlib';
import { assertUnknown, begin, dial, exchange, talk } from '../support/sticky_http';
import { StickySession } from '../support/sticky_session';
import { useStickyCluster } from '../support/sticky_cluster';

const BIG = 'x'.repeat(900_000);
const TOO_BIG = 'x'.repeat(3_000_000);

describe('test/sticky/requests.test.ts', () => {
  const t = useStickyCluster({ cors: { origin: 'http://page.test', credentials: true } });

  async function connected(): Promise<StickySession> {
    return (await StickySession.open(t.a)).connect(t.b);
  }

  /** How many connections of siblings a member has. */
  async function connectionsOf(member = t.a): Promise<number> {
    return new Promise((resolve, reject) => {
      member.privateServer.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
  }

  describe('a polling session', () => {
    it('works if every request goes to a worker that does not own it', async () => {
      const session = await connected();
      for (let i = 0; i < 10; i++) {
        const via = t.all[i % 3];
        await session.send(via, `42${i}["echo",${i},"你好 €🦄"]`);
        assert.deepEqual(await session.poll(t.all[(i + 1) % 3]), [ `43${i}[${i},"你好 €🦄"]` ]);
      }
      assert.equal(t.b.asked.length + t.c.asked.length, 0);
    });

    it('its GET is held open until there is a packet', async () => {
      const session = await connected();
      const poll = await begin(session.url(t.b));
      await session.send(t.c, '421["echo","late"]');
      assert.equal((await poll.answer).body, '431["late"]');
    });

    it('transports several packets, and binary ones in base64', async () => {
      const session = await connected();
      await session.send(t.b, '421["echo",1]', '451-2["echo",{"_placeholder":true,"num":0}]', 'bAQIDBA==', '423["echo",3]');
      assert.deepEqual(await session.poll(t.b), [ '431[1]', '461-2[{"_placeholder":true,"num":0}]', 'bAQIDBA==', '433[3]' ]);
    });

    it('transports a large body, with and without Content-Length', async () => {
      const session = await connected();
      for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
        const posted = await exchange(session.url(t.b), { method: 'POST', headers }, `421["echo","${BIG}"]`);
        assert.equal(posted.body, 'ok');
        assert.equal((await session.poll(t.b))[0], `431["${BIG}"]`);
      }
    });

    it('transports a compressed response', async () => {
      const session = await connected();
      await session.send(t.b, `421["echo","${BIG}"]`);
      const request = http.request(session.url(t.b), { headers: { 'accept-encoding': 'gzip' } }).end();
      const [ incoming ] = await once(request, 'response') as [ http.IncomingMessage ];
      assert.equal(incoming.headers['content-encoding'], 'gzip');
      const chunks: Buffer[] = await incoming.toArray();
      assert.equal(zlib.gunzipSync(Buffer.concat(chunks)).toString(), `431["${BIG}"]`);
    });

    for (const headers of [ undefined, { 'transfer-encoding': 'chunked' }]) {
      it(`is refused a body above the limit${headers ? ' without Content-Length' : ''}, and stays open`, async () => {
        const session = await connected();
        for (const via of [ t.a, t.b, t.b ]) {
          assert.equal((await exchange(session.url(via), { method: 'POST', headers }, TOO_BIG)).status, 413);
        }
        await session.send(t.b, '421["echo",1]');
        assert.deepEqual(await session.poll(t.b), [ '431[1]' ]);
      });
    }

    it('gets the refusal of a body while the client is still sending it', async () => {
      const session = await connected();
      const { request, answer } = await begin(session.url(t.b), { method: 'POST', headers: { 'transfer-encoding': 'chunked' } });
      request.write(BIG + BIG);
      assert.equal((await answer).status, 413);
      request.end();
      await session.send(t.b, '421["echo",1]');
      assert.deepEqual(await session.poll(t.b), [ '431[1]' ]);
    });

    it('gets the same responses as from its owner', async () => {
      const session = await connected();
      const headers = { origin: 'http://page.test', 'user-agent': 'Trident/7' };
      const answers: unknown[][] = [];
      for (const via of [ t.a, t.b ]) {
        await session.send(via, '421["echo",1]');
        const asked = [
          await exchange(session.url(via), { headers }),
          await exchange(session.url(via), { method: 'POST', headers }, '421["echo",1]'),
          await exchange(session.url(via), { method: 'OPTIONS', headers }),
          await exchange(session.url(via), { method: 'PUT', headers }, 'something'),
        ];
        await session.poll(via);
        answers.push(asked.map(({ status, body, rawHeaders }) => {
          const headers = rawHeaders.filter((_, i) => rawHeaders[i - i % 2] !== 'Date');
          return [ status, body, headers ];
        }));
      }
      assert.deepEqual(answers[1], answers[0]);
      assert.match(String(answers[1]), /Access-Control-Allow-Origin,http:\/\/page\.test/);
    });

    it('gets 100 Continue from its owner for a request with Expect', async () => {
      for (let i = 0; i < 20; i++) {
        const session = await StickySession.open(t.a);
        const first = await begin(session.url(t.b));
        // Engine.IO closes a session that has two polls, and answers the second so.
        assert.equal((await session.get(t.a)).status, 400);
        assert.equal((await first.answer).body, '1');
      }
    });

    it('gets an error for a second POST during an unfinished one', async () => {
      const session = await StickySession.open(t.a);
      const first = await begin(session.url(t.b), { method: 'POST', headers: { 'content-length': 2 } });
      assert.equal((await session.post(t.c, '40')).status, 400);
      first.request.end('40');
      await first.answer.catch(() => undefined);
      assertUnknown(await session.get(t.b));
    });
  });

  describe('the headers of a request', () => {
    it('arrive in order, with case and duplicates, except for those of the connection', async () => {
      const session = await connected();
      const kept = [
        'Host: example.test', 'X-FORWARDED-for: 1.2.3.4', 'x-forwarded-For: 5.6.7.8', 'Cookie: a=1', 'cookie: b=2', 'X-Latin: \xe9', 'X-Empty: ',
        'Accept: */*',
      ];
      const dropped = [ 'Connection: close, X-Latin', 'Keep-Alive: timeout=1', 'TE: trailers', 'Proxy-Connection: close', 'Upgrade: h2c' ];
      const received = await talk(t.b.port, [
        `POST ${session.path} HTTP/1.1`, ...dropped, ...kept, 'Transfer-Encoding: chunked', '', '2\r\n41\r\n0\r\n\r\n',
      ].join('\r\n'));
      assert.match(received, /^HTTP\/1\.1 200 OK\r\n/);
      const { rawHeaders, headers, headersDistinct } = t.a.asked.at(-1)!;
      const lines = rawHeaders.flatMap((name, i) => (i % 2 ? [] : `${name}: ${rawHeaders[i + 1]}`));
      assert.deepEqual(lines, [ ...kept, 'Connection: keep-alive', 'Transfer-Encoding: chunked' ]);
      assert.deepEqual([ headers.cookie, headers['x-forwarded-for'], headers['x-latin'] ], [ 'a=1; b=2', '1.2.3.4, 5.6.7.8', 'é' ]);
      assert.deepEqual(headersDistinct.cookie, [ 'a=1', 'b=2' ]);
    });

    for (const [ what, filler ] of [
      // With the two others 1000: from Node.js 22 on a server refuses more.
      [ 'many', Array.from({ length: 998 }, (_, i) => `h${i}:\r\n`).join('') ],
      [ 'large', `cookie: ${'x'.repeat(16_200)}\r\n` ],
    ]) {
      it(`arrive even if they are as ${what} as a server takes`, async () => {
        const session = await connected();
        for (const via of [ t.a, t.b ]) {
          await session.send(t.c, '421["echo",1]');
          const answer = await talk(via.port, `GET ${session.path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${filler}\r\n`);
          assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
        }
        assert.equal(t.a.asked.at(-1)!.socket.remoteAddress, '127.0.0.1');
      });
    }

    for (const via of [ 'b', 'a' ] as const) {
      it(`cannot forge an address, sent to ${via === 'a' ? 'the owner' : 'another worker'}`, async () => {
        const session = await connected();
        const forged = [ 'x-egg-socketio-client: 1 1 6.6.6.6', 'Host: x', 'X-Egg-SocketIO-Client: 1 1 6.6.6.6' ];
        const socket = await dial(t[via].port);
        socket.write([ `POST ${session.path} HTTP/1.1`, ...forged, 'Content-Length: 2', '', '41' ].join('\r\n'));
        assert.match(String(await once(socket, 'data')), /^HTTP\/1\.1 200 OK\r\n/);
        const asked = t.a.asked.at(-1)!;
        const { remoteAddress, encrypted } = asked.socket as Socket & { encrypted?: boolean };
        assert.deepEqual([ remoteAddress, encrypted ], [ '127.0.0.1', undefined ]);
        if (via === 'b') assert.equal(asked.headers['x-egg-socketio-client'], undefined);
        socket.destroy();
      });
    }
  });

  describe("the client's connection", () => {
    it('has its own address on the owner, even if clients share a connection to it', async () => {
      const session = await connected();
      const ports: number[] = [];
      for (const localAddress of [ '127.0.0.1', '127.0.0.2', '127.0.0.3' ]) {
        const request = http.request(session.url(t.b), { method: 'POST', localAddress, headers: { 'content-length': 1 } }).end('3');
        const [ response ] = await once(request, 'response') as [ http.IncomingMessage ];
        ports.push(request.socket!.localPort!);
        await response.toArray();
      }
      assert.equal(await connectionsOf(), 1);
      const seen = t.a.asked.slice(-3).map(({ socket, connection }) => {
        const { remotePort, remoteFamily, encrypted } = socket as Socket & { encrypted?: boolean };
        return [ socket.remoteAddress, connection.remoteAddress, remotePort, remoteFamily, encrypted ];
      });
      assert.deepEqual(seen, ports.map((port, i) => [ `127.0.0.${i + 1}`, `127.0.0.${i + 1}`, port, 'IPv4', undefined ]));
    });

    it('is encrypted for the owner if it is', async () => {
      const session = await connected();
      const psk = { identity: 'test', psk: Buffer.from('secret') };
      const secure = https.createServer({ ciphers: 'PSK', maxVersion: 'TLSv1.2', pskCallback: () => psk.psk });
      secure.on('request', (req, res) => t.b.router.request(req, res));
      secure.listen(0, '127.0.0.1');
      await once(secure, 'listening');
      try {
        const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}${session.path}`;
        const tls = { ciphers: 'PSK', maxVersion: 'TLSv1.2', pskCallback: () => psk, checkServerIdentity: () => undefined };
        const options: http.RequestOptions = { ...tls, agent: false, method: 'POST', headers: { 'content-length': 1 } };
        await once(https.request(url, options).end('3'), 'response');
        assert.equal((t.a.asked.at(-1)!.connection as { encrypted?: boolean }).encrypted, true);
      } finally {
        secure.closeAllConnections();
        secure.close();
      }
    });

    it('may serve sessions of several workers', async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const sessions = await Promise.all(t.all.map(member => StickySession.open(member)));
      const ports = new Set<number>();
      try {
        for (let i = 0; i < 9; i++) {
          const session = sessions[i % 3];
          const request = http.request(session.url(t.b), { agent, method: 'POST', headers: { 'content-length': 3 } });
          request.end('41,');
          const [ response ] = await once(request, 'response') as [ http.IncomingMessage ];
          assert.equal(response.statusCode, 200);
          ports.add(request.socket!.localPort!);
          await response.toArray();
          assert.equal(session.owner.asked.at(-1)!.url, session.path);
          const handshake = http.request(`${t.b.url}/socket.io/?EIO=4&transport=polling`, { agent }).end();
          const [ opened ] = await once(handshake, 'response') as [ http.IncomingMessage ];
          assert.match(String(await opened.toArray()), /\.bbbbbbbb"/);
        }
        assert.deepEqual(t.all.map(member => member.asked.length), [ 4, 13, 4 ]);
        assert.equal(ports.size, 1);
      } finally {
        agent.destroy();
      }
    });

    it('may pipeline several requests', async () => {
      const [ one, two ] = [ await connected(), await connected() ];
      const answers = await talk(t.b.port, [ one, two, one ].map(({ path }, i) =>
        `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: ${i < 2 ? 'keep-alive' : 'close'}\r\nContent-Length: 13\r\n\r\n421["echo",1]`).join(''));
      assert.equal(answers.match(/HTTP\/1\.1 200 OK/g)?.length, 3);
      assert.equal((await one.poll(t.b)).length + (await two.poll(t.b)).length, 3);
    });

    it('may be closed by the client after each response', async () => {
      const session = await connected();
      for (let i = 0; i < 40; i++) {
        const head = 'Host: x\r\nConnection: close\r\nContent-Length: 13';
        const posted = await talk(t.b.port, `POST ${session.path} HTTP/1.1\r\n${head}\r\n\r\n421["echo",1]`);
        assert.match(posted, /^HTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: close\r\n\r\nok$/);
        assert.doesNotMatch(posted, /keep-alive/i);
        const polled = await talk(t.b.port, `GET ${session.path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
        assert.match(polled, /^HTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: close\r\n\r\n431\[1\]$/);
      }
      // None of the clients' connections that were closed took one to the owner with it.
      assert.equal(await connectionsOf(), 1);
    });

    it('may use HTTP/1.0', async () => {
      const session = await connected();
      for (let i = 0; i < 3; i++) {
        const posted = await talk(t.b.port, `POST ${session.path} HTTP/1.0\r\nContent-Length: 13\r\n\r\n421["echo",1]`);
        assert.match(posted, /^HTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: close\r\n\r\nok$/);
        const polled = await talk(t.b.port, `GET ${session.path} HTTP/1.0\r\n\r\n`);
        assert.match(polled, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n431\[1\]$/);
        assert.doesNotMatch(polled, /transfer-encoding/i);
      }
      const socket = await dial(t.b.port);
      for (let i = 0; i < 2; i++) {
        socket.write(`POST ${session.path} HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 13\r\n\r\n421["echo",1]`);
        const [ answer ] = await once(socket, 'data');
        assert.match(String(answer), /\r\nConnection: keep-alive\r\n/);
      }
      socket.destroy();
    });
  });

  describe('a session id that leads nowhere', () => {
    const dead = 'dddddddd';
    for (const sid of [
      'nobody', '__proto__', 'x.aaaaaaaa', `x.${dead}`, 'x.../../..', '../../../etc/passwd', 'x%2Faaaaaaaa', `${'x'.repeat(10_000)}.${dead}`,
      `${'x'.repeat(10_000)}.aaaaaaaa`, 'x'.repeat(10_000), 'x.agent', 'x.aaaaaaa%00', 'x.%E9aaaaaaa', '.bbbbbbbb', '%', 'x.cccccccc&sid=x.dddddddd',
    ]) {
      it(`is refused as by Engine.IO: '${sid.slice(0, 20)}${sid.length > 20 ? `… (${sid.length} characters)` : ''}'`, async () => {
        const url = `${t.b.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
        for (const method of [ 'GET', 'POST' ]) {
          const answer = await exchange(url, { method, headers: { origin: 'http://page.test' } }, method === 'POST' ? BIG : '');
          assertUnknown(answer);
          assert.equal(answer.headers['access-control-allow-origin'], 'http://page.test');
          assert.equal(answer.headers['access-control-allow-credentials'], 'true');
        }
        assert.deepEqual(t.b.warnings, []);
      });
    }

    it('is refused if its owner is gone', async () => {
      const session = await connected();
      await t.a.kill();
      assertUnknown(await session.get(t.b));
      assertUnknown(await session.post(t.b, BIG));
      assert.deepEqual(t.b.warnings, []);
    });

    it('is answered as unknown if its request cannot be forwarded, which is logged once', async () => {
      const session = await connected();
      // Otherwise the parser refuses what Node's client would not send.
      const lenient = http.createServer({ insecureHTTPParser: true });
      lenient.on('request', (req, res) => t.b.router.request(req, res));
      lenient.listen(0, '127.0.0.1');
      await once(lenient, 'listening');
      for (let i = 0; i < 3; i++) {
        const answer = await talk((lenient.address() as AddressInfo).port,
          `GET ${session.path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Odd: a\x01b\r\n\r\n`);
        assert.match(answer, /Session ID unknown/);
      }
      assert.equal(t.b.warnings.length, 1);
      lenient.close();
    });
  });
});
