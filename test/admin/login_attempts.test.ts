import assert from 'node:assert/strict';
import type { ClientOptions } from 'egg-socketio/mock';
import { LoginAttempts } from '../../lib/admin/login_attempts';
import { withInlineApp } from '../support/inline_app';
import { MemoryNetwork } from '../support/memory_peers';

const SECRET = '$2a$04$dMz6JugjDKvL7jT1xw7ywOlMKFOtkSNQ5ucphzmmVMvOHrMLC29x6';

/** Counts the passwords that are compared with the hash, which is what costs a worker its time. */
async function countCompared(use: () => Promise<void>): Promise<number> {
  const bcrypt = require(require.resolve('bcryptjs', { paths: [ require.resolve('@socket.io/admin-ui') ] })) as { compare(...args: unknown[]): unknown };
  const { compare } = bcrypt;
  let count = 0;
  bcrypt.compare = (...args) => {
    count += 1;
    return compare.apply(bcrypt, args);
  };
  try {
    await use();
  } finally {
    bcrypt.compare = compare;
  }
  return count;
}

describe('test/admin/login_attempts.test.ts', () => {
  it('checks five passwords from one address, answers further ones with the time to retry, and still serves other addresses', () => withInlineApp({
    'config/config.default.js': `module.exports = () => ({
      keys: 'k', proxy: true, maxIpsCount: 1, socketio: { adminUI: { auth: { type: 'basic', username: 'admin', password: '${SECRET}' } } },
    });`,
  }, async ({ app, warnings }, startError) => {
    assert.ifError(startError);
    const connect = (ip: string, auth: object) => app.createSocketIOClient({
      namespace: '/admin', auth, extraHeaders: { 'x-forwarded-for': ip }, transports: [ 'websocket' ],
    } as ClientOptions);
    const administrator = await connect('10.0.0.1', { username: 'admin', password: 'secret' });
    const [ sessionId ] = await administrator.next<[string]>('session');
    const errors: (Error & { data?: { retryAfter: number } })[] = [];
    const compared = await countCompared(async () => {
      const guess = (_: unknown, i: number) => connect('10.6.6.6', { username: 'admin', password: `guess ${i}` }).catch(error => { errors.push(error as Error); });
      await Promise.all(Array.from({ length: 50 }, guess));
    });
    assert.equal(compared, 5);
    assert.equal(errors.filter(({ message }) => message === 'invalid credentials').length, 5);
    const refused = errors.filter(({ message }) => message === 'too many attempts to log in');
    assert.equal(refused.length, 45);
    for (const { data } of refused) assert.ok(data!.retryAfter > 0 && data!.retryAfter <= 60_000, JSON.stringify(data));
    assert.equal((await app.io.stats()).total.refused.adminLogins, 45);
    assert.ok(warnings.includes('[egg-socketio] refused another password attempt from 10.6.6.6 for the admin UI (config.socketio.adminUI).'));
    await assert.rejects(connect('10.6.6.6', { username: 'admin', password: 'secret' }), /too many attempts to log in/);

    for (let i = 0; i < 10; i++) await (await connect('10.0.0.2', { username: 'admin', password: 'secret' })).close();
    const again = await connect('10.6.6.6', { sessionId });
    await Promise.all([ administrator, again ].map(client => client.close()));
  }));

  it('counts the attempts on all workers, and resets the count after a right password', async () => {
    const network = new MemoryNetwork();
    const ports = [ network.join(), network.join() ];
    const [ one, other ] = ports.map(port => new LoginAttempts(port));
    /** Resolves once the other worker has handled this number of further messages. */
    const handled = (count: number) => new Promise<void>(resolve => {
      let left = count;
      const stop = ports[1].listen({
        onMessage: () => {
          left -= 1;
          if (left > 0) return;
          stop();
          resolve();
        },
        onDown: () => undefined,
      });
    });
    const all = handled(5);
    for (let i = 0; i < 5; i++) assert.equal(one.begin('10.0.0.1'), undefined);
    await all;
    assert.ok(other.begin('10.0.0.1')! > 0);
    assert.equal(other.begin('10.0.0.2'), undefined);
    const right = handled(1);
    one.succeed('10.0.0.1');
    await right;
    assert.equal(other.begin('10.0.0.1'), undefined);
    one.close();
    other.close();
  });

  it('counts an IPv6 network as one address, resets after a minute, and remembers ten thousand addresses', () => {
    const attempts = new LoginAttempts(undefined);
    for (let i = 0; i < 5; i++) assert.equal(attempts.begin(`2001:db8::${i}`), undefined);
    assert.ok(attempts.begin('2001:db8:0:0:ffff::1')! > 0);
    assert.equal(attempts.begin('2001:db8:1::1'), undefined);
    const { now } = Date;
    try {
      Date.now = () => now() + 60_000;
      assert.equal(attempts.begin('2001:db8::1'), undefined);
    } finally {
      Date.now = now;
    }
    for (let i = 0; i < 5; i++) attempts.begin('10.0.0.1');
    assert.ok(attempts.begin('10.0.0.1')! > 0);
    for (let i = 0; i < 10_000; i++) attempts.begin(`${i}`);
    assert.equal(attempts.begin('10.0.0.1'), undefined);
  });
});
