import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { Socket as EngineSocket } from 'engine.io';
import { RequestForwarder } from '../../lib/routing/request_forwarder';
import { ask, assertUnknown, begin, dial, exchange } from '../support/sticky_http';
import { RawOwner } from '../support/sticky_owner';
import { StickySession } from '../support/sticky_session';
import { useStickyCluster } from '../support/sticky_cluster';

const TAG = 'rawowner';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('test/sticky/broken_connections.test.ts', () => {
  const t = useStickyCluster({ pingInterval: 300, pingTimeout: 5000 });
  let owner: RawOwner | undefined;

  afterEach(() => {
    owner?.close();
    owner = undefined;
  });

  function url(via = t.b): string {
    return `${via.url}/socket.io/?EIO=4&transport=polling&sid=x.${TAG}`;
  }

  /** How a session of the owner ends. */
  async function closing(session: EngineSocket): Promise<string> {
    const [ reason ] = await once(session, 'close');
    return reason;
  }

  describe('a kept connection that the owner closes when it is used again', () => {
    const heard: string[] = [];

    beforeEach(async () => {
      heard.length = 0;
      let requests = 0;
      owner = await RawOwner.listen(t.folder, TAG, (connection, data, index) => {
        heard.push(`${index} ${data.split('\r\n')[0].split(' ')[0]} ${data.split('\r\n\r\n')[1]}`);
        requests += 1;
        if (requests === 2) connection.destroy();
        else connection.write(OK);
      });
    });

    it('is replaced for a poll', async () => {
      for (let i = 0; i < 3; i++) assert.equal((await exchange(url())).body, 'ok');
      assert.deepEqual(heard, [ '0 GET ', '0 GET ', '1 GET ', '2 GET ' ]);
    });

    it('is replaced for a POST, whose whole body is sent again', async () => {
      await exchange(url());
      const { request, answer } = ask(url(), { method: 'POST', headers: { 'content-length': 5 } });
      request.end('12345');
      assert.equal((await answer).body, 'ok');
      assert.deepEqual(heard, [ '0 GET ', '0 POST 12345', '1 POST 12345' ]);
    });

    it('is not used for a request whose body is not buffered', async () => {
      await exchange(url());
      await exchange(url(), { method: 'POST', headers: { 'transfer-encoding': 'chunked' } }, '12345').catch(() => undefined);
      assert.deepEqual(heard.map(line => line.slice(0, 6)), [ '0 GET ', '1 POST' ]);
    });
  });

  it('a body is sent again whole even if a part of it had not arrived when the first connection broke', async () => {
    const bodies: string[] = [];
    let broken!: () => void;
    const whenBroken = new Promise<void>(resolve => { broken = resolve; });
    owner = await RawOwner.listen(t.folder, TAG, (connection, data, index) => {
      if (data.startsWith('GET')) {
        connection.write(OK);
      } else if (index === 0) {
        connection.destroy();
        connection.once('close', broken);
      } else {
        bodies.push(data.split('\r\n\r\n').at(-1)!);
        if (bodies.join('') === '1234567890') connection.write(OK);
      }
    });
    await exchange(url());
    const { request, answer } = ask(url(), { method: 'POST', headers: { 'content-length': 10 } });
    request.write('12345');
    await whenBroken;
    request.end('67890');
    assert.equal((await answer).body, 'ok');
    assert.equal(bodies.join(''), '1234567890');
  });

  it('a new connection that the owner breaks is not retried: the client gets "Session ID unknown" at once', async () => {
    owner = await RawOwner.listen(t.folder, TAG, connection => connection.destroy());
    assertUnknown(await exchange(url()));
    assertUnknown(await exchange(url(), { method: 'POST' }, '40'));
    assert.equal(owner.connections.length, 2);
    assert.deepEqual(t.b.warnings, []);
  });

  it('a response that breaks off is visibly incomplete for the client', async () => {
    for (const head of [ 'Content-Length: 10', 'Transfer-Encoding: chunked' ]) {
      owner = await RawOwner.listen(t.folder, TAG, connection => {
        connection.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n2\r\nok\r\n`, () => connection.destroy());
      });
      await assert.rejects(exchange(url()), { code: 'ECONNRESET' });
      owner.close();
    }
  });

  it('an owner that answers with garbage is treated as gone, which is logged once', async () => {
    owner = await RawOwner.listen(t.folder, TAG, connection => connection.end('SSH-2.0-OpenSSH_9.2\r\n'));
    for (let i = 0; i < 3; i++) assertUnknown(await exchange(url()));
    assert.equal(t.b.warnings.length, 1);
  });

  it('an owner that is too busy to accept connections gets the requests later', async () => {
    owner = await RawOwner.listen(t.folder, TAG, connection => connection.write(OK), 1);
    const forwarder = new RequestForwarder();
    const server = http.createServer((req, res) => {
      // All connections are asked for before the owner, in the same process, can take one.
      waiting.push(() => forwarder.forward(`${t.folder}/${TAG}.sock`, req, res, false, error => res.writeHead(400).end(error.message)));
      if (waiting.length === 10) for (const go of waiting) go();
    });
    const waiting: (() => void)[] = [];
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const bodies = await Promise.all(Array.from({ length: 10 }, async (_, i) => {
      const { body } = await exchange(address, { method: i % 2 ? 'POST' : 'GET' }, i % 2 ? '40' : '');
      return body;
    }));
    assert.deepEqual(bodies, Array.from({ length: 10 }, () => 'ok'));
    forwarder.close();
    server.close();
  });

  it('a poll may last longer than the keep-alive time', async () => {
    const session = await StickySession.open(t.a);
    const forwarder = new RequestForwarder(10);
    const server = http.createServer((req, res) => {
      forwarder.forward(t.a.privatePath, req, res, false, error => res.writeHead(400).end(error.message));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    // Engine.IO's ping ends it after 300 ms.
    assert.equal((await exchange(`http://127.0.0.1:${port}${session.path}`)).body, '2');
    await once(t.a.asked.at(-1)!.socket, 'close');
    assert.equal((await exchange(`http://127.0.0.1:${port}${session.path}`, { method: 'POST' }, '3')).body, 'ok');
    forwarder.close();
    server.close();
  });

  it('the owner notices that a client disconnects during its poll', async () => {
    const session = await StickySession.open(t.a);
    const end = closing(session.session);
    const poll = await begin(session.url(t.b));
    poll.request.destroy();
    assert.equal(await end, 'transport error');
  });

  it('the owner notices that a client disconnects during its POST', async () => {
    for (const headers of [{ 'content-length': 100 }, { 'transfer-encoding': 'chunked' }] as http.OutgoingHttpHeaders[]) {
      const session = await StickySession.open(t.a);
      const end = closing(session.session);
      const post = await begin(session.url(t.b), { method: 'POST', headers });
      post.request.write('4', () => post.request.destroy());
      assert.equal(await end, 'transport error');
    }
  });

  it('the owner notices that a client disconnects after it has pipelined a second poll, which never reaches the owner', async () => {
    const [ one, two ] = [ await StickySession.open(t.a), await StickySession.open(t.a) ];
    const end = closing(one.session);
    const client = await dial(t.b.port);
    const arrived = once(t.a.front, 'request');
    for (const { path } of [ one, two ]) client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await arrived;
    client.destroy();
    assert.equal(await end, 'transport error');
    assert.equal(t.a.asked.filter(({ url }) => url === two.path).length, 0);
    await t.b.router.idle();
  });

  it('a client that disconnects after its response closes no connection of others', async () => {
    const [ one, two ] = [ await StickySession.open(t.a), await StickySession.open(t.a) ];
    await one.connect(t.b);
    const poll = await begin(one.url(t.b));
    await one.send(t.a, '421["echo",1]');
    const client = poll.request.socket!;
    await poll.answer;
    const other = await begin(two.url(t.b));
    client.destroy();
    await two.send(t.b, '40');
    // Or the server's ping, if that was quicker.
    assert.match((await other.answer).body, /^(40|2$)/);
  });

  it('the owner may close a session while its client sends', async () => {
    const session = await StickySession.open(t.a);
    const post = await begin(session.url(t.b), { method: 'POST', headers: { 'content-length': 100 } });
    session.session.close();
    assertUnknown(await post.answer);
  });

  it('if the owner dies, an open poll and an unfinished POST are answered at once', async () => {
    const session = await StickySession.open(t.a);
    const poll = await begin(session.url(t.b));
    const post = await begin(session.url(t.c), { method: 'POST', headers: { 'content-length': 100 } });
    post.request.write('4');
    await t.a.kill();
    assertUnknown(await poll.answer);
    assertUnknown(await post.answer);
    assertUnknown(await session.get(t.b));
  });

  it('a worker that closes aborts the requests that it forwards', async () => {
    const session = await StickySession.open(t.a);
    const end = closing(session.session);
    const poll = await begin(session.url(t.b));
    t.b.router.close();
    await assert.rejects(poll.answer, { code: 'ECONNRESET' });
    assert.equal(await end, 'transport error');
  });
});
