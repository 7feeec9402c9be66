import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { MarkedClient } from '../support/forwarding/marked_client';
import { RequestForwarder } from '../../lib/routing/request_forwarder';
import { type Answer, ask, begin, dial, drain, exchange } from '../support/sticky_http';
import { RawOwner } from '../support/sticky_owner';
import { StickySession } from '../support/sticky_session';
import { useStickyCluster } from '../support/sticky_cluster';

/** That many can be sent before the first answer; 20,000 take half a minute. */
const MANY = Number(process.env.PIPELINED_REQUESTS ?? 4000);

describe('test/sticky/pipelining.test.ts', () => {
  const t = useStickyCluster({ pingTimeout: 60_000 });

  async function connectionsOf(member = t.a): Promise<number> {
    return new Promise((resolve, reject) => {
      member.privateServer.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
  }

  function get(path: string, close = false): string {
    return `GET ${path} HTTP/1.1\r\nHost: x\r\n${close ? 'Connection: close\r\n' : ''}\r\n`;
  }

  it(`${MANY} pipelined requests use one connection to the owner, are all answered, and delay no other client`, async function() {
    this.timeout(240_000);
    const good = await MarkedClient.connect('beside a flood', t.b.url);
    const session = await StickySession.open(t.a);
    const attacker = await dial(t.b.port);
    // They wait for the poll that comes first.
    const poll = once(t.a.front, 'request');
    attacker.write(get(session.path));
    await poll;
    const unknown = `/socket.io/?EIO=4&transport=polling&sid=x.${t.a.tag}`;
    for (let i = 0; i < MANY; i++) attacker.write(get(unknown, i === MANY - 1));
    await exchange(session.url(t.b), { method: 'POST' }, '40');
    let most = 0;
    const watch = (req: IncomingMessage) => {
      if (req.url !== unknown) return;
      void connectionsOf().then(count => { most = Math.max(most, count); });
    };
    t.a.front.prependListener('request', watch);
    const statuses = (await drain(attacker)).match(/HTTP\/1\.1 \d{3}/g)!;
    t.a.front.off('request', watch);
    assert.equal(statuses.length, MANY + 1);
    assert.deepEqual([ ...new Set(statuses.slice(1)) ], [ 'HTTP/1.1 400' ]);
    assert.ok(most <= 2, `${most} connections`);
    await good.finish();
  });

  it('stops reading a connection with many waiting requests, and continues once they are answered', async () => {
    const session = await StickySession.open(t.a);
    const attacker = await dial(t.b.port);
    const poll = once(t.a.front, 'request');
    attacker.write(get(session.path));
    await poll;
    const unknown = `/socket.io/?EIO=4&transport=polling&sid=x.${t.a.tag}`;
    let accepted = 0;
    t.b.publicServer.on('request', ({ url }) => { if (url === unknown) accepted += 1; });
    const text = get(unknown).repeat(1000);
    // Until neither this client's system nor the worker takes any more.
    let written = 0;
    while (attacker.write(text) || attacker.writableLength < 2 ** 20) written += 1000;
    for (let i = 0; i < 20; i++) await exchange(`${t.b.url}/socket.io/?EIO=4&transport=none`);
    assert.ok(accepted < written / 2, `${accepted} of ${written} are kept`);
    assert.equal(await connectionsOf(), 1);
    attacker.resume();
    await session.send(t.b, '40');
    const answered = new Promise<void>(resolve => {
      t.b.publicServer.on('request', () => { if (accepted >= 3000) resolve(); });
    });
    await answered;
    attacker.destroy();
    await t.b.router.idle();
  });

  it("answers in the order of the requests, also for this worker's own sessions", async () => {
    const [ elsewhere, here ] = [ await StickySession.open(t.a), await StickySession.open(t.b) ];
    await elsewhere.send(t.a, '40', '41');
    await here.send(t.b, '40', '41');
    const post = (path: string, close = '') => `POST ${path} HTTP/1.1\r\nHost: x\r\n${close}Content-Length: 1\r\n\r\n6`;
    const client = await dial(t.b.port);
    client.write(`${get(elsewhere.path)}${get(here.path)}${get(elsewhere.path.replace(/sid=.*\./, 'sid=nobody.'))}${post(here.path, 'Connection: close\r\n')}`);
    const answers = (await drain(client)).split(/(?=HTTP\/1\.1 )/).map(answer => answer.slice(9, 12));
    assert.equal(answers.length, 4);
    assert.deepEqual(answers.slice(0, 3), [ '200', '200', '400' ]);
  });

  it("a poll delays neither the same client's POST nor other clients' requests", async () => {
    const sessions = await Promise.all(Array.from({ length: 30 }, () => StickySession.open(t.a)));
    const polls = await Promise.all(sessions.map(session => begin(session.url(t.b))));
    for (const session of sessions) await session.send(t.b, '40');
    for (const { answer } of polls) assert.match((await answer).body, /^40/);
  });

  describe('if a sibling has as many requests in flight as it may have', () => {
    const TAG = 'rawowner';
    const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    let owner: RawOwner | undefined;
    let forwarder: RequestForwarder;
    let server: http.Server;
    let held: (() => void)[];
    let url: string;

    beforeEach(async () => {
      held = [];
      owner = await RawOwner.listen(t.folder, TAG, connection => { held.push(() => connection.write(OK)); });
      forwarder = new RequestForwarder(30_000, { underway: 2, waiting: 2 });
      server = http.createServer((req: IncomingMessage, res: ServerResponse) => {
        forwarder.forward(`${t.folder}/${TAG}.sock`, req, res, false, error => res.writeHead(400).end(error.message));
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterEach(() => {
      forwarder.close();
      server.closeAllConnections();
      server.close();
      owner?.close();
    });

    /** Makes requests one after the other, each once the one before has arrived. */
    async function arrive(count: number, method: string) {
      const asked = [];
      for (let i = 0; i < count; i++) {
        const arrived = once(server, 'request');
        asked.push(ask(url, { method, headers: method === 'POST' ? { 'content-length': 0 } : {} }, ''));
        await arrived;
      }
      return asked;
    }

    /** Looks again and again, while others get their turn. */
    async function until(isTrue: () => boolean): Promise<void> {
      while (!isTrue()) await setImmediate();
    }

    /** Has the owner answer whatever comes, until there are the answers. */
    async function answered(answers: Promise<Answer[]>): Promise<Answer[]> {
      let isOver = false;
      answers.then(() => { isOver = true; }, () => { isOver = true; });
      await until(() => {
        for (const go of held.splice(0)) go();
        return isOver;
      });
      return answers;
    }

    it('requests wait; further ones get 503 with Retry-After, and polls and POSTs have separate places', async () => {
      const polls = await arrive(5, 'GET');
      const refused = await polls[4].answer;
      assert.deepEqual([ refused.status, refused.headers['retry-after'] ], [ 503, '1' ]);
      const posts = await arrive(5, 'POST');
      assert.equal((await posts[4].answer).status, 503);
      await until(() => owner!.connections.length >= 4);
      assert.equal(owner!.connections.length, 4);
      const answers = Promise.all([ ...polls.slice(0, 4), ...posts.slice(0, 4) ].map(({ answer }) => answer));
      assert.deepEqual((await answered(answers)).map(({ status }) => status), Array(8).fill(200));
      await forwarder.idle();
    });

    it('a request whose client disconnects frees its place for another', async () => {
      const polls = await arrive(4, 'GET');
      for (const { request } of [ polls[3], polls[2] ]) {
        request.on('error', () => undefined).destroy();
      }
      await until(() => [ ...forwarder.underway ].length === 2);
      const more = await arrive(2, 'GET');
      for (const { request } of polls.slice(0, 2)) request.on('error', () => undefined).destroy();
      const statuses = (await answered(Promise.all(more.map(({ answer }) => answer)))).map(({ status }) => status);
      assert.deepEqual(statuses, [ 200, 200 ]);
    });
  });
});
