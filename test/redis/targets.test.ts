import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Redis from 'ioredis';
import type { RedisAdapterOptions, RedisKind } from '../../lib/redis/types';
import { freePort } from '../support/free_port';
import { needsRedis, RedisServer } from '../support/redis';
import { RedisTestServer } from '../support/redis_servers';

describe('test/redis/targets.test.ts', () => {
  needsRedis();

  async function talk(options: RedisAdapterOptions): Promise<void> {
    const [ a, b ] = [ await RedisTestServer.start(options), await RedisTestServer.start(options) ];
    try {
      const [ onA, onB ] = [ await a.connect(), await b.connect() ];
      a.io.emit('hi', Buffer.from('x'));
      for (const client of [ onA, onB ]) assert.deepEqual(await client.next('hi'), [ Buffer.from('x') ]);
      assert.equal((await b.io.fetchSockets()).length, 2);
      assert.deepEqual([ a.log.lines, b.log.lines ], [[], []]);
    } finally {
      await Promise.all([ a.close(), b.close() ]);
    }
  }

  for (const kind of [ 'pubsub', 'sharded', 'streams' ] satisfies RedisKind[]) {
    it(`a Redis Cluster, ${kind}`, async () => {
      const redis = await RedisServer.start(
        '--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', '--cluster-port', `${await freePort()}`,
      );
      const admin = new Redis(redis.url);
      await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      while (!/cluster_state:ok/.test(await admin.call('CLUSTER', 'INFO') as string));
      admin.disconnect();
      try {
        await talk({ cluster: [{ host: '127.0.0.1', port: redis.port }], kind });
      } finally {
        await redis.close();
      }
    });
  }

  it('a master that sentinels report', async () => {
    const redis = await RedisServer.start();
    const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'sentinel-')), 'sentinel.conf');
    writeFileSync(file, `sentinel monitor main 127.0.0.1 ${redis.port} 1\n`);
    const sentinel = await RedisServer.startSentinel(file);
    try {
      await talk({ sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: 'main' });
    } finally {
      await sentinel.close();
      await redis.close();
    }
  });
});
