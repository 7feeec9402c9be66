import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { needsRedis, RedisServer } from '../support/redis';
import { RedisTestServer } from '../support/redis_servers';

const KEY = 'stream-bytes';
const MAX = 2_000_000;

describe('test/redis/stream_bytes.test.ts', () => {
  needsRedis();
  let redis: RedisServer;
  let client: Redis;

  beforeEach(async () => {
    redis = await RedisServer.start();
    client = new Redis(redis.url);
  });
  afterEach(async () => {
    client.disconnect();
    await redis.close();
  });

  function start(): Promise<RedisTestServer> {
    return RedisTestServer.start({ url: redis.url, kind: 'streams', key: KEY, streams: { maxBytes: MAX } }, { recovery: true });
  }

  async function bytes(): Promise<number> {
    return Number(await client.call('MEMORY', 'USAGE', KEY, 'SAMPLES', '0'));
  }

  it('the stream is bounded by bytes: its oldest messages are trimmed, connected clients get all of them, and a client that missed trimmed ones gets a new session', async () => {
    const server = await start();
    const [ listener, away ] = [ await server.connect(), await server.connect() ];
    const heard: unknown[] = [];
    listener.socket.on('news', (n: unknown) => heard.push(n));
    // Small ones first: what goes first frees little.
    for (let i = 0; i < 200; i++) server.io.emit('news', i);
    await listener.next('news');
    const ticket = await server.drop(away);
    for (let i = 200; i < 300; i++) server.io.emit('news', i, 'x'.repeat(100_000));
    while (heard.length < 300) await listener.next('news');
    assert.ok(await bytes() > MAX || await client.xlen(KEY) < 300);
    while (await bytes() > MAX);
    assert.deepEqual(heard, Array.from({ length: 300 }, (_, i) => i));
    const left = await client.xlen(KEY);
    assert.ok(left > 5 && left < 30, `${left} entries are left`);

    const back = await server.connect({ auth: { pid: ticket.pid, offset: ticket.offset } });
    assert.equal(server.socketOf(back).recovered, false);
    server.io.emit('last');
    await back.next('last');
    await server.close();
  });

  it('logs that it cannot trim the stream if Redis denies it, and keeps working', async () => {
    await client.acl('SETUSER', 'default', '-memory');
    const server = await start();
    const [ line ] = await server.log.has(1);
    assert.match(line, /^warn \[egg-socketio\] Redis does not report the size of the stream \(NOPERM .*memory.*\), so config\.socketio\.adapter: streams\.maxBytes has no effect\. Allow MEMORY, XLEN and XTRIM, or set a small streams\.maxLen\.$/);
    const listener = await server.connect();
    server.io.emit('news');
    await listener.next('news');
    await server.close();
  });

  it('a session whose data is too large or cannot be copied is not stored: its client gets a new session, and the worker lives on', async () => {
    const server = await start();
    for (const [ data, says ] of [
      [{ text: 'x'.repeat(2 ** 20) }, /^warn \[egg-socketio\] namespace \/, socket \S+: its client cannot be recovered, because its ctx\.data has 10485\d\d bytes, more than config\.socketio\.connectionStateRecovery\.maxDataBytes \(1048576\) allows\.$/ ],
      [{ id: 2n ** 70n }, /^warn \[egg-socketio\] namespace \/, socket \S+: its client cannot be recovered on another worker, because ctx\.data\.id \(.+\) cannot be copied\.$/ ],
    ] as const) {
      server.log.lines.length = 0;
      const away = await server.connect();
      Object.assign(server.socketOf(away).data as object, data);
      const { pid } = await server.drop(away);
      assert.match((await server.log.has(1))[0], says);
      const back = await server.connect({ auth: { pid } });
      assert.equal(server.socketOf(back).recovered, false);
      assert.deepEqual((await client.keys(`${KEY}:session:*`)).filter(key => key.endsWith(pid)), []);
    }
    await server.close();
  });

  it('a function in the data of a client is left out: the worker lives on, and the client is recovered', async () => {
    const server = await start();
    const away = await server.connect();
    Object.assign(server.socketOf(away).data as object, { run: () => undefined, name: 'ann' });
    const { id, pid } = await server.drop(away);
    const back = await server.connect({ auth: { pid } });
    assert.equal(back.id, id);
    assert.deepEqual(server.socketOf(back).data, { run: undefined, name: 'ann' });
    await server.close();
  });
});
