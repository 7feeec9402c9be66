import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import mm, { type MockApplication } from 'egg-mock';
import { type ClientOptions, SocketIOTestClient } from 'egg-socketio/mock';
import jwt from 'jsonwebtoken';
import type { SignIn } from '../fixtures/apps/auth/app/lib/sign_in';
import type { User } from '../fixtures/apps/auth/app/service/user';
import { codeBlocksOf, readPage } from '../docs/markdown';
import { useApp } from '../support/app';
import { startCluster } from '../support/server';

const FIXTURE = path.join(__dirname, '../fixtures/apps/auth');
/** Files of the fixture's that the page does not show. */
const OF_THE_TESTS = [ 'package.json', 'config/config.unittest.ts', 'app/socket/worker.ts' ];

const SECRET = 'change me too';
/** Milliseconds that a sign-in lasts whose end a test waits for: enough for all that comes before it, on a busy machine too. */
const SHORT = 2500;
const ADA = { name: 'ada', password: 'engine' };
const BOB = { name: 'bob', password: 'builder' };
const SIGN_IN_FIRST = { message: 'sign in first', data: { code: 'SIGN_IN_FIRST' } };
const EXPIRED = { message: 'sign in again', data: { code: 'EXPIRED' } };
const BAD_TOKEN = { message: 'this token is not valid', data: { code: 'BAD_TOKEN' } };
const answerOf = ({ message, data }: { message: string; data: { code: string } }) => ({ error: { ...data, message } });

/** The cookies of an answer, as a client sends them back. */
function cookiesOf(headers: Record<string, unknown>): string {
  return (headers['set-cookie'] as string[] | undefined ?? []).map(cookie => cookie.split(';')[0]).join('; ');
}

/** Another last character, which is not one of padding. */
function tampered(value: string): string {
  const at = value.length - 4;
  return `${value.slice(0, at)}${value[at] === 'A' ? 'B' : 'A'}${value.slice(at + 1)}`;
}

function withCookie(namespace: string, cookie: string | undefined, more: ClientOptions = {}): ClientOptions {
  return { namespace, ...cookie === undefined ? {} : { extraHeaders: { cookie } }, ...more };
}

/** A place for sessions, as `app.sessionStore` takes one. */
function createStore() {
  const sessions = new Map<string, string>();
  return {
    async get(key: string): Promise<object | undefined> { return JSON.parse(sessions.get(key) ?? 'null') ?? undefined; },
    async set(key: string, value: object): Promise<void> { sessions.set(key, JSON.stringify(value)); },
    async destroy(key: string): Promise<void> { sessions.delete(key); },
  };
}

describe('test/security/authentication.test.ts', () => {
  const t = useApp('auth');

  it('docs/authentication.md shows the files that are tested here', () => {
    const blocks = codeBlocksOf(readPage('docs/authentication.md')).filter(block => block.path);
    for (const block of blocks) {
      const file = path.join(FIXTURE, block.path!);
      assert.ok(existsSync(file), `${block.where}: ${block.path}`);
      assert.equal(block.content, `// ${block.path}\n${readFileSync(file, 'utf8')}`, block.where);
    }
    const files = readdirSync(FIXTURE, { recursive: true, encoding: 'utf8' })
      .filter(name => /\.(ts|json)$/.test(name) && !name.includes('.d.ts') && !/^(run|logs|typings)\b/.test(name));
    assert.deepEqual(files.sort(), [ ...blocks.map(block => block.path!), ...OF_THE_TESTS ].sort());
  });

  async function post(url: string, { body = {}, cookie = '', status = 204 }: { body?: object; cookie?: string; status?: number } = {}) {
    t.app.mockCsrf();
    const request = t.app.httpRequest().post(url);
    return request.set('cookie', cookie).send(body).expect(status);
  }

  async function signIn(body: object = ADA): Promise<string> {
    return cookiesOf((await post('/sign-in', { body })).headers);
  }

  /** The user as the fixture knows it. */
  async function userOf({ name, password }: { name: string; password: string }): Promise<User> {
    return t.app.createAnonymousContext().service.user.check(name, password);
  }

  function socketOf(client: SocketIOTestClient, namespace: string) {
    return t.app.io.of(namespace).sockets.get(client.id!)!;
  }

  /** Waits until a client was disconnected by the server, and nothing else. */
  async function disconnected(client: SocketIOTestClient): Promise<void> {
    if (client.connected) await once(client, 'disconnect').then(([ reason ]) => assert.equal(reason, 'io server disconnect'));
  }

  /** Cuts a client's connection; resolves once the server has noticed. */
  async function cut(client: SocketIOTestClient, namespace: string): Promise<void> {
    const gone = once(socketOf(client, namespace), 'disconnect');
    client.socket.io.engine.close();
    await gone;
  }

  /** Connects again as a client does that has lost its connection. */
  function comeBack(client: SocketIOTestClient): Promise<SocketIOTestClient> {
    return client.connect();
  }

  const KEEPERS = { 'a cookie': undefined, 'a store': createStore() };
  for (const [ where, store ] of Object.entries(KEEPERS)) {
    describe(`HTTP session in ${where}`, () => {
      type WithStore = MockApplication & { sessionStore: object | undefined };
      before(() => { (t.app as WithStore).sessionStore = store; });
      after(() => { (t.app as WithStore).sessionStore = undefined; });

      it('accepts a signed-in client, and refuses all others', async () => {
        await post('/sign-in', { body: { ...ADA, password: 'wrong' }, status: 401 });
        const client = await t.connect(withCookie('/session', await signIn()));
        assert.equal(await client.sendWithAck('who'), '1');
        await assert.rejects(t.connect(withCookie('/session', undefined)), SIGN_IN_FIRST);
        await assert.rejects(t.connect(withCookie('/session', 'EGG_SESS=nonsense')), SIGN_IN_FIRST);
      });

      it('refuses a tampered cookie', async () => {
        const cookies = (await signIn()).split('; ');
        const names = cookies.filter(cookie => /^EGG_SESS(\.sig)?=/.test(cookie)).map(cookie => cookie.split('=')[0]);
        assert.ok(names.length > 0);
        for (const name of names) {
          const changed = cookies.map(cookie => (cookie.startsWith(`${name}=`) ? tampered(cookie) : cookie)).join('; ');
          await assert.rejects(t.connect(withCookie('/session', changed)), SIGN_IN_FIRST);
        }
      });

      it('signing out ends all connections of the user on all devices, and those of nobody else', async () => {
        const [ cookie, other, bobs ] = [ await signIn(), await signIn(), await signIn(BOB) ];
        const { token } = (await post('/token', { body: ADA, status: 200 })).body;
        const clients = await Promise.all([
          t.connect(withCookie('/session', cookie)), t.connect(withCookie('/session', other)), t.connect({ namespace: '/token', auth: { token } }),
        ]);
        const bob = await t.connect(withCookie('/session', bobs));
        // The rooms are joined before the first answer.
        await Promise.all([ ...clients, bob ].map(client => client.sendWithAck('who')));
        const left = clients.map(disconnected);
        await post('/sign-out', { cookie });
        await Promise.all(left);
        assert.equal(await bob.sendWithAck('who'), '2');
        for (const old of [ cookie, other ]) await assert.rejects(t.connect(withCookie('/session', old)), SIGN_IN_FIRST);
        await assert.rejects(t.connect({ namespace: '/token', auth: { token } }), SIGN_IN_FIRST);
        const again = await t.connect(withCookie('/session', await signIn()));
        assert.equal(await again.sendWithAck('who'), '1');
      });

      it('refuses to recover a connection that was signed out while it was away', async () => {
        const cookie = await signIn();
        const client = await t.connect(withCookie('/session', cookie));
        await client.sendWithAck('who');
        // An offset to come back to.
        t.app.io.of('/session').emit('note');
        await client.next('note');
        await cut(client, '/session');
        await post('/sign-out', { cookie });
        await assert.rejects(comeBack(client), SIGN_IN_FIRST);
      });
    });
  }

  it('recovers a connection, and checks its authorization again', async () => {
    const client = await t.connect(withCookie('/session', await signIn()));
    await client.sendWithAck('who');
    t.app.io.of('/session').emit('note');
    await client.next('note');
    await cut(client, '/session');
    await comeBack(client);
    assert.equal(client.socket.recovered, true);
    assert.equal(await client.sendWithAck('who'), '1');
    assert.ok(socketOf(client, '/session').rooms.has('user:1'));
  });

  it('disconnects a client that is signed out between the middleware and joining its room', async () => {
    const UserService = Object.getPrototypeOf(t.app.createAnonymousContext().service.user);
    const { of } = UserService as { of(signIn: SignIn): Promise<User | undefined> };
    let asked = 0;
    mm(UserService, 'of', async function(this: object, kept: SignIn) {
      const user = await of.call(this, kept);
      if (++asked === 1) await t.app.createAnonymousContext().service.user.signOut(kept.userId);
      return user;
    });
    const client = await t.connect(withCookie('/session', await signIn()));
    await disconnected(client);
    assert.equal(asked, 2);
  });

  it('calls a guard with an injected service for each event', async () => {
    const client = await t.connect(withCookie('/session', await signIn()));
    const forbidden = { error: { code: 'FORBIDDEN', message: 'access denied' } };
    assert.deepEqual(await client.sendWithAck('announce', 'dinner'), forbidden);
    const { roles } = await userOf(ADA);
    roles.push('admin');
    try {
      await client.sendWithAck('announce', 'dinner');
      assert.deepEqual((await client.next('announcement'))[0], 'dinner');
    } finally {
      roles.pop();
    }
    assert.deepEqual(await client.sendWithAck('announce', 'supper'), forbidden);
    assert.deepEqual(client.pending, []);
  });

  describe('signed cookie', () => {
    const MINUTE = 60_000;

    function signed(value: string): string {
      const { keys } = t.app.createAnonymousContext().cookies as unknown as { keys: { sign(text: string): string } };
      return `device=${value}; device.sig=${keys.sign(`device=${value}`)}`;
    }

    async function remember(): Promise<string> {
      return cookiesOf((await post('/remember', { cookie: await signIn() })).headers);
    }

    it('accepts a client with a valid cookie, and refuses all others', async () => {
      const client = await t.connect(withCookie('/device', await remember()));
      assert.equal(await client.sendWithAck('who'), '1');
      await post('/remember', { status: 401 });
      await assert.rejects(t.connect(withCookie('/device', undefined)), SIGN_IN_FIRST);
    });

    it('refuses a cookie that was changed or is not signed', async () => {
      const cookie = await remember();
      const [ , value, signature ] = /^device=(.*); device\.sig=(.*)$/.exec(cookie)!;
      for (const changed of [
        `device=${value.replace(/^1/, '2')}; device.sig=${signature}`,
        `device=${value}0; device.sig=${signature}`,
        `device=${value}; device.sig=${tampered(signature)}`,
        `device=${value}`,
      ]) {
        await assert.rejects(t.connect(withCookie('/device', changed)), SIGN_IN_FIRST, changed);
      }
    });

    it('refuses an expired cookie, even if the client keeps it, and ends its connections', async () => {
      const { epoch } = await userOf(ADA);
      await assert.rejects(t.connect(withCookie('/device', signed(`1:${epoch}:${Date.now() - 1}`))), EXPIRED);
      const ending = await t.connect(withCookie('/device', signed(`1:${epoch}:${Date.now() + SHORT}`)));
      assert.equal(await ending.sendWithAck('who'), '1');
      await disconnected(ending);
      const going = await t.connect(withCookie('/device', signed(`1:${epoch}:${Date.now() + MINUTE}`)));
      assert.equal(await going.sendWithAck('who'), '1');
    });
  });

  describe('JWT', () => {
    interface Claims { sub?: string; exp?: number; epoch?: number }

    const in_ = (ms: number) => (Date.now() + ms) / 1000;

    async function tokenOf(who: { name: string; password: string }, ms: number, claims: Claims = {}): Promise<string> {
      const { id, epoch } = await userOf(who);
      // `exp` may have a fraction, so that a test need not wait for a second.
      return jwt.sign({ sub: id, epoch, exp: in_(ms), ...claims }, SECRET, { algorithm: 'HS256' });
    }

    const withToken = (token: unknown, more: ClientOptions = {}): ClientOptions => ({ namespace: '/token', auth: { token }, ...more });

    it('accepts the token that the HTTP route has issued', async () => {
      const { token } = (await post('/token', { body: ADA, status: 200 })).body;
      const client = await t.connect(withToken(token));
      assert.equal(await client.sendWithAck('who'), '1');
      await post('/token', { body: { ...ADA, password: 'wrong' }, status: 401 });
    });

    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const REFUSED: Record<string, { make: (claims: Claims) => unknown; as?: object }> = {
      'no token': { make: () => undefined },
      'what is no token': { make: () => 'a.b.c' },
      'what is no string': { make: () => ({ toString: 1 }) },
      'algorithm none': { make: claims => `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.` },
      'algorithm none, with a signature': { make: claims => `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.${encode({})}` },
      'another algorithm, with the right key': { make: claims => jwt.sign(claims, SECRET, { algorithm: 'HS512' }) },
      'another key': { make: claims => jwt.sign(claims, 'another secret', { algorithm: 'HS256' }) },
      'changed claims': {
        make: claims => jwt.sign(claims, SECRET, { algorithm: 'HS256' }).replace(/\.[^.]+\./, `.${encode({ ...claims, sub: '2' })}.`),
      },
      'one without an end': { make: ({ exp: _exp, ...claims }) => jwt.sign(claims, SECRET, { algorithm: 'HS256' }) },
      'one without a user': { make: ({ sub: _sub, ...claims }) => jwt.sign(claims, SECRET, { algorithm: 'HS256' }) },
      'an expired one': { make: claims => jwt.sign({ ...claims, exp: in_(-5000) }, SECRET, { algorithm: 'HS256' }), as: EXPIRED },
      // jsonwebtoken itself counts whole seconds.
      'one that has expired in this second': { make: claims => jwt.sign({ ...claims, exp: in_(-1) }, SECRET, { algorithm: 'HS256' }), as: EXPIRED },
      'one of a user who has signed out since': {
        make: claims => jwt.sign({ ...claims, epoch: claims.epoch! - 1 }, SECRET, { algorithm: 'HS256' }), as: SIGN_IN_FIRST,
      },
      'one of a user who does not exist': {
        make: claims => jwt.sign({ ...claims, sub: 'nobody' }, SECRET, { algorithm: 'HS256' }), as: SIGN_IN_FIRST,
      },
    };

    for (const [ what, { make, as = BAD_TOKEN }] of Object.entries(REFUSED)) {
      it(`refuses ${what}, at connect and on a live socket`, async () => {
        const { id, epoch } = await userOf(ADA);
        const token = make({ sub: id, epoch, exp: in_(60_000) });
        await assert.rejects(t.connect(withToken(token)), as);
        const client = await t.connect(withToken(await tokenOf(ADA, 60_000)));
        const { until } = socketOf(client, '/token').data.signIn;
        const answer = await client.sendWithAck<{ error: { code: string } }>('authenticate', token);
        assert.deepEqual(answer, answerOf(as as typeof BAD_TOKEN));
        assert.equal(await client.sendWithAck('who'), '1');
        assert.equal(socketOf(client, '/token').data.signIn.until, until, 'its end has not moved');
      });
    }

    it('ends a connection when its token expires, so that it gets nothing more', async () => {
      const expiring = await t.connect(withToken(await tokenOf(ADA, SHORT)));
      const staying = await t.connect(withToken(await tokenOf(BOB, 60_000)));
      assert.equal(await expiring.sendWithAck('who'), '1');
      await disconnected(expiring);
      await expiring.next('expired');
      t.app.io.of('/token').emit('secret');
      await staying.next('secret');
      assert.deepEqual(expiring.pending, []);
      await assert.rejects(expiring.connect(), EXPIRED);
    });

    it('refuses events from the moment of expiry, also before the connection has ended', async () => {
      const client = await t.connect(withToken(await tokenOf(ADA, 60_000)));
      assert.equal(await client.sendWithAck('who'), '1');
      socketOf(client, '/token').data.signIn.until = Date.now() - 1;
      assert.deepEqual(await client.sendWithAck('who'), answerOf(EXPIRED));
      assert.deepEqual(await client.sendWithAck('authenticate', await tokenOf(ADA, 60_000)), answerOf(EXPIRED));
    });

    it('continues with a new token until that expires', async () => {
      const token = await tokenOf(ADA, SHORT);
      const [ renewed, clock ] = await Promise.all([ t.connect(withToken(token)), t.connect(withToken(token)) ]);
      const next = await tokenOf(ADA, 2 * SHORT);
      const { exp } = jwt.decode(next) as { exp: number };
      assert.deepEqual(await renewed.sendWithAck('authenticate', next), { until: exp * 1000 });
      await disconnected(clock);
      assert.equal(await renewed.sendWithAck('who'), '1');
      assert.deepEqual(renewed.pending, []);
      await disconnected(renewed);
      assert.ok(Date.now() >= exp * 1000 - 1, 'not before the end of the new token');
    });

    it('ends sooner with a new token that expires sooner', async () => {
      const client = await t.connect(withToken(await tokenOf(ADA, 60_000)));
      await client.sendWithAck('authenticate', await tokenOf(ADA, SHORT));
      await disconnected(client);
    });

    it('refuses a token of another user on a live socket', async () => {
      const client = await t.connect(withToken(await tokenOf(ADA, 60_000)));
      const answer = await client.sendWithAck('authenticate', await tokenOf(BOB, 120_000));
      assert.deepEqual(answer, { error: { code: 'OTHER_USER', message: 'this connection is of another user' } });
      assert.equal(await client.sendWithAck('who'), '1');
      assert.equal(socketOf(client, '/token').rooms.has('user:2'), false);
    });

    it('ends a recovered connection too, and recovers none with an expired token or for another user', async () => {
      const lives = [ 2 * SHORT, SHORT, 60_000 ];
      const [ client, late, other ] = await Promise.all(lives.map(async ms => t.connect(withToken(await tokenOf(ADA, ms)))));
      t.app.io.of('/token').emit('note');
      for (const each of [ client, late, other ]) {
        await each.next('note');
        await cut(each, '/token');
      }
      t.app.io.of('/token').emit('secret');
      await comeBack(client);
      assert.equal(client.socket.recovered, true);
      await client.next('secret');
      assert.equal(await client.sendWithAck('who'), '1');
      other.socket.auth = { token: await tokenOf(BOB, 60_000) };
      await assert.rejects(comeBack(other), { data: { code: 'OTHER_USER' } });
      await disconnected(client);
      await assert.rejects(comeBack(late), EXPIRED);
      // What arrives before the answer waits there.
      for (const { socket } of [ late, other ]) {
        assert.deepEqual((socket as unknown as { receiveBuffer: unknown[] }).receiveBuffer, [], 'what it has missed was sent to it');
      }
    });

    it('leaves no timer behind, and sets none longer than Node\'s maximum', async () => {
      const { setTimeout: original } = globalThis;
      const set: { ms: number; timer: { _destroyed?: boolean } }[] = [];
      mm(globalThis, 'setTimeout', (task: (...args: unknown[]) => void, ms: number, ...args: unknown[]) => {
        const timer = original(() => task(...args), ms);
        set.push({ ms, timer: timer as { _destroyed?: boolean } });
        return timer;
      });
      const HOUR = 3_600_000;
      const client = await t.connect(withToken(await tokenOf(ADA, 1000 * HOUR)));
      await client.sendWithAck('who');
      for (const hours of [ 10, 20 ]) await client.sendWithAck('authenticate', await tokenOf(ADA, hours * HOUR));
      const socket = socketOf(client, '/token');
      const own = set.filter(({ ms }) => ms > HOUR);
      assert.equal(own.length, 3);
      assert.ok(own.every(({ ms }) => ms < 2 ** 31), 'what is longer would run at once');
      assert.deepEqual(own.map(({ timer }) => Boolean(timer._destroyed)), [ true, true, false ]);
      const gone = once(socket, 'disconnect');
      await client.close();
      await gone;
      // The plugin's own listener may come after this one.
      for (let i = 0; i < 100 && !own[2].timer._destroyed; i++) await new Promise(resolve => setImmediate(resolve));
      assert.equal(own[2].timer._destroyed, true);
    });
  });

  describe('egg-passport', () => {
    async function signInLocally(): Promise<string> {
      return cookiesOf((await post('/passport/local', { body: ADA, status: 302 })).headers);
    }

    it('sets the user in every event', async () => {
      await post('/passport/local', { body: { ...ADA, password: 'wrong' }, status: 401 });
      const client = await t.connect(withCookie('/passport', await signInLocally()));
      assert.deepEqual(await client.sendWithAck('who'), [ true, 'ada' ]);
      await assert.rejects(t.connect(withCookie('/passport', undefined)), SIGN_IN_FIRST);
      // Signed in, but not by passport.
      await assert.rejects(t.connect(withCookie('/passport', await signIn())), SIGN_IN_FIRST);
    });

    it('sets the user after a recovery too', async () => {
      const client = await t.connect(withCookie('/passport', await signInLocally()));
      t.app.io.of('/passport').emit('note');
      await client.next('note');
      await cut(client, '/passport');
      await comeBack(client);
      assert.equal(client.socket.recovered, true);
      assert.deepEqual(await client.sendWithAck('who'), [ true, 'ada' ]);
    });

    it('signing out ends all connections of the user', async () => {
      const cookie = await signInLocally();
      const client = await t.connect(withCookie('/passport', cookie));
      await client.sendWithAck('who');
      const left = disconnected(client);
      await post('/sign-out', { cookie });
      await left;
      await assert.rejects(t.connect(withCookie('/passport', cookie)), SIGN_IN_FIRST);
    });
  });

  it('signs out on all workers, and accepts a new sign-in on any', async () => {
    const server = await startCluster('auth', 2);
    const clients: (SocketIOTestClient & { worker: unknown })[] = [];
    try {
      const token = 'any, as long as both are the same';
      const send = (url: string, cookie: string, body: object = {}) => fetch(`${server.url}${url}`, {
        method: 'POST', body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', 'x-csrf-token': token, cookie: `csrfToken=${token}; ${cookie}` },
      });
      const cookies = await Promise.all([ ADA, BOB ].map(async who => {
        const { status, headers } = await send('/sign-in', '', who);
        assert.equal(status, 204);
        return cookiesOf({ 'set-cookie': headers.getSetCookie() });
      }));
      const connect = async (cookie: string) => {
        const client = await new SocketIOTestClient({ url: server.url, ...withCookie('/session', cookie) }).connect();
        clients.push(Object.assign(client, { worker: await client.sendWithAck('worker') }));
        return client;
      };
      while (new Set(clients.map(client => client.worker)).size < 2) await connect(cookies[0]);
      const left = clients.map(disconnected);
      const [ bob, away ] = [ await connect(cookies[1]), await connect(cookies[0]) ];
      await bob.sendWithAck('note', 'for all');
      for (const client of clients) assert.equal((await client.next('note'))[0], 'for all');
      away.socket.io.engine.close();
      await bob.sendWithAck('note', 'missed by one');
      await comeBack(away);
      for (const client of clients) assert.equal((await client.next('note'))[0], 'missed by one');
      left.push(disconnected(away));
      assert.equal((await send('/sign-out', cookies[0])).status, 204);
      await Promise.all(left);
      assert.equal(await bob.sendWithAck('who'), '2');
    } finally {
      await Promise.all(clients.map(client => client.close()));
      await server.stop();
    }
  }).timeout(60_000);
});
