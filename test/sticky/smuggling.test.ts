import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { RawOwner } from '../support/sticky_owner';
import { assertUnknown, ask, dial, drain, exchange, talk } from '../support/sticky_http';
import { StickySession } from '../support/sticky_session';
import { useStickyCluster } from '../support/sticky_cluster';

/** More headers than Node.js 18 and 20 parse. */
const FILLER = Array.from({ length: 1005 }, (_, i) => `h${i}:\r\n`).join('');
const [ MAJOR ] = process.versions.node.split('.').map(Number);

describe('test/sticky/smuggling.test.ts', () => {
  const t = useStickyCluster();

  /** A door of `b` that does not look at headers, as the front does, so that all depends on the forwarder. */
  let door: http.Server;
  let port: number;
  beforeEach(async () => {
    door = http.createServer((req, res) => t.b.router.request(req, res));
    door.listen(0, '127.0.0.1');
    await once(door, 'listening');
    ({ port } = door.address() as AddressInfo);
  });
  afterEach(() => {
    door.closeAllConnections();
    door.close();
  });

  /** What a client sees that polls and posts while somebody attacks. */
  async function assertUntouched(victim: StickySession): Promise<void> {
    for (let i = 0; i < 5; i++) {
      await victim.send(t.b, `42${i}["echo","the victim's ${i}"]`);
      assert.deepEqual(await victim.poll(t.b), [ `43${i}["the victim's ${i}"]` ]);
    }
  }

  describe('a length behind more headers than Node parses', () => {
    for (const [ what, framing ] of [
      [ 'Content-Length', 'Content-Length: 400' ],
      [ 'Transfer-Encoding', 'Transfer-Encoding: chunked' ],
    ]) {
      it(`does not make the owner read the next client's request as a body: ${what}`, async () => {
        const victim = await (await StickySession.open(t.a)).connect(t.b);
        for (let i = 0; i < 5; i++) {
          // Answered at once, as nobody has this session, so that the connection between the workers is used again.
          const attacker = await dial(port);
          attacker.write(`POST /socket.io/?EIO=4&transport=polling&sid=x.${t.a.tag} HTTP/1.1\r\nHost: x\r\n${FILLER}${framing}\r\n\r\n`);
          await once(attacker, 'data');
          await assertUntouched(victim);
          attacker.destroy();
        }
        assert.ok(t.a.asked.every(({ url }) => url!.startsWith('/socket.io/?EIO=4&transport=polling')));
      });
    }
  });

  it('a header that Node has not parsed is not forwarded to the owner', async () => {
    const heard: string[] = [];
    const owner = await RawOwner.listen(t.folder, 'rawowner', (connection, data) => {
      heard.push(data);
      if (data.includes('\r\n\r\n')) connection.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
    const client = await dial(port);
    client.write(`POST /socket.io/?sid=x.rawowner HTTP/1.1\r\nHost: x\r\n${FILLER}X-Late: 1\r\nContent-Length: 5\r\n\r\nhello`);
    await once(client, 'data');
    const head = heard.join('').toLowerCase();
    assert.doesNotMatch(head, /content-length|x-late|h1004/);
    // Newer versions of Node refuse the request themselves.
    if (MAJOR < 22) assert.match(head, /h900:/);
    else assert.equal(head, '');
    client.destroy();
    owner.close();
  });

  it('Content-Length is forwarded as it was parsed, once, and not for an upgrade', async () => {
    const heard: string[] = [];
    const owner = await RawOwner.listen(t.folder, 'rawowner', (connection, data) => {
      heard.push(data);
      connection.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
    const path = '/socket.io/?sid=x.rawowner';
    await talk(t.b.port, `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\ncontent-LENGTH:  005 \r\n\r\nhello`);
    await talk(t.b.port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello`);
    const [ posted, upgraded ] = [ heard.find(data => data.startsWith('POST'))!, heard.find(data => data.startsWith('GET'))! ];
    assert.deepEqual(posted.match(/^(content-length|transfer-encoding).*$/gim), [ 'content-LENGTH: 005' ]);
    assert.equal(upgraded.match(/^(content-length|transfer-encoding).*$/gim), null);
    owner.close();
  });

  describe('a worker that accepts invalid HTTP (--insecure-http-parser)', () => {
    const LINE = /^[\w!#$%&'*+.^`|~-]+: ?[\t\x20-\x7e\x80-\xff]*$/;
    let lenient: http.Server;
    beforeEach(async () => {
      lenient = http.createServer({ insecureHTTPParser: true }, (req, res) => t.b.router.request(req, res));
      lenient.on('upgrade', (req, socket, head) => t.b.router.upgrade(req, socket, head));
      lenient.listen(0, '127.0.0.1');
      await once(lenient, 'listening');
    });
    afterEach(() => {
      lenient.closeAllConnections();
      lenient.close();
    });

    for (const [ what, header, target = '', body = '' ] of [
      [ 'a control in a value', 'X-A: a\x01b' ],
      [ 'the end of a text in a value', 'X-A: a\0b' ],
      [ 'a carriage return in a value', 'X-A: a\rX-B: 1' ],
      [ 'the end of a line in a value', 'X-A: a\nX-B: 1' ],
      [ 'a folded value', 'X-A: a\r\n b' ],
      [ 'a blank in a name', 'X A: 1' ],
      [ 'a blank behind a name', 'X-A : 1' ],
      [ 'a control in a name', 'X\x01A: 1' ],
      [ 'two lengths', 'Content-Length: 0\r\nContent-Length: 3' ],
      [ 'a length and chunks', 'Content-Length: 3\r\nTransfer-Encoding: chunked', '', '0\r\n\r\n' ],
      [ 'a control in the target', 'X-A: 1', '&a=\x01' ],
      [ 'a tab in the target', 'X-A: 1', '&a=\t' ],
    ]) {
      for (const upgrade of [ '', 'Connection: Upgrade\r\nUpgrade: websocket\r\n' ]) {
        it(`${upgrade ? 'an upgrade' : 'a request'} with ${what} reaches the owner as valid HTTP, or not at all`, async () => {
          let heard = '';
          const owner = await RawOwner.listen(t.folder, 'rawowner', (connection, data) => {
            heard += data;
            connection.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
          });
          const client = await dial((lenient.address() as AddressInfo).port);
          client.on('error', () => undefined);
          client.write(`GET /socket.io/?sid=x.rawowner${target} HTTP/1.1\r\nHost: x\r\n${upgrade}${header}\r\n\r\n${body}`, 'latin1');
          await once(client, 'data');
          client.destroy();
          owner.close();
          if (heard === '') return;
          const [ first, ...lines ] = heard.slice(0, heard.indexOf('\r\n\r\n')).split('\r\n');
          assert.match(first, /^GET [\x21-\x7e\x80-\xff]+ HTTP\/1\.1$/);
          for (const line of lines) assert.match(line, LINE);
          assert.ok(lines.filter(line => /^(content-length|transfer-encoding):/i.test(line)).length <= 1, heard);
        });
      }
    }
  });

  describe('a private endpoint', () => {
    it('does not reuse a connection whose request is answered before it is complete', async () => {
      const socket = connect(t.a.privatePath);
      const head = `POST /socket.io/?EIO=4&transport=polling&sid=x.${t.a.tag} HTTP/1.1\r\nx-egg-socketio-client: 0 1 127.0.0.1 1\r\n`;
      socket.write(`${head}Content-Length: 1000\r\n\r\n`);
      const answer = await drain(socket);
      assert.match(answer, /^HTTP\/1\.1 400 [^]*Session ID unknown"\}\r\n0\r\n\r\n$/);
    });

    it('handles no further request on such a connection, even if the rest arrives later', async () => {
      const taken = once(t.a.privateServer, 'connection');
      const socket = connect({ path: t.a.privatePath, allowHalfOpen: true });
      socket.on('error', () => undefined);
      const head = `POST /socket.io/?EIO=4&transport=polling&sid=x.${t.a.tag} HTTP/1.1\r\nx-egg-socketio-client: 0 1 127.0.0.1 1\r\nContent-Length: 5\r\n\r\n`;
      socket.resume().write(`${head}12`);
      await once(socket, 'end');
      const [ connection ] = await taken;
      const closed = once(connection, 'close');
      socket.write(`345${head}12345`);
      await closed;
      assert.equal(t.a.asked.length, 1);
    });

    it('reuses a connection whose request is complete', async () => {
      const socket = connect(t.a.privatePath);
      const head = `POST /socket.io/?EIO=4&transport=polling&sid=x.${t.a.tag} HTTP/1.1\r\nx-egg-socketio-client: 0 1 127.0.0.1 1\r\n`;
      for (let i = 0; i < 3; i++) {
        socket.write(`${head}Content-Length: 2\r\n\r\n40`);
        assert.match(String(await once(socket, 'data')), /^HTTP\/1\.1 400 /);
      }
      socket.destroy();
    });
  });

  describe('an answer', () => {
    it('is forwarded whole, with as many and as large headers as the owner sends', async () => {
      const many = Array.from({ length: 1500 }, (_, i) => `h${i}: ${'x'.repeat(20)}\r\n`).join('');
      const owner = await RawOwner.listen(t.folder, 'rawowner', connection => connection.write(`HTTP/1.1 200 OK\r\n${many}Content-Length: 2\r\n\r\nok`));
      const answer = await exchange(`${t.b.url}/socket.io/?sid=x.rawowner`, { maxHeaderSize: 1_000_000 });
      assert.deepEqual([ answer.status, answer.body ], [ 200, 'ok' ]);
      const { request } = ask(`${t.b.url}/socket.io/?sid=x.rawowner`, { maxHeaderSize: 1_000_000 });
      request.maxHeadersCount = 0;
      const [ incoming ] = await once(request.end(), 'response');
      assert.equal(incoming.headers['content-length'], '2');
      assert.equal(incoming.headers.h1499, 'x'.repeat(20));
      incoming.resume();
      owner.close();
    });
  });

  it('a request for an unknown session is answered so, whatever it contains, and other clients are not affected', async () => {
    const victim = await (await StickySession.open(t.a)).connect(t.b);
    for (const header of [ '__proto__: 1', 'constructor: 1', 'toString: x', 'hasOwnProperty: 1', 'Content-Length: 0' ]) {
      const [ name, value ] = header.split(': ');
      assertUnknown(await exchange(`${t.b.url}/socket.io/?EIO=4&transport=polling&sid=x.${t.a.tag}`, { headers: [ 'Host', 'x', name, value ] as never }));
    }
    await assertUntouched(victim);
  });
});
