import assert from 'node:assert/strict';
import type { MockApplication } from 'egg-mock';
import 'egg-socketio/mock';
import { connectToCluster, withClients } from '../../lib/mock/cluster';
import { freePort } from '../support/free_port';
import { mockApp } from '../support/mock_app';
import { startOwnCluster } from '../support/own_cluster';
import { startOnOwnPort } from '../support/server';

describe('test/mock/apps.test.ts', () => {
  describe('app.createSocketIOClient() of mm.app()', () => {
    it('finds port and path by itself', async () => {
      const app = mockApp({ baseDir: 'apps/reference_client', cache: false });
      // Without app.ready(): it waits for that too.
      await app.ready();
      const clients = await Promise.all([ app.createSocketIOClient(), app.createSocketIOClient() ]);
      for (const client of clients) assert.equal(await client.sendWithAck('echo', 'here'), 'here');
      await Promise.all(clients.map(client => client.close()));
      await app.close();
    });

    it('finds the port of config.socketio.port', async () => {
      const server = await startOnOwnPort('reference_client', 'CLIENT_PORT');
      const client = await server.app.createSocketIOClient();
      assert.equal((client.socket.io as unknown as { opts: { port: string } }).opts.port, String(server.port));
      assert.equal(await client.sendWithAck('echo', 'here'), 'here');
      await client.close();
      await server.stop();
    });

    it('passes on the options of a client', async () => {
      const app = mockApp({ baseDir: 'apps/reference_client', cache: false });
      await app.ready();
      await assert.rejects(app.createSocketIOClient({ namespace: '/guarded' }), { message: 'who are you?' });
      const client = await app.createSocketIOClient({ namespace: '/guarded', auth: { token: 'good' } });
      assert.deepEqual(await client.sendWithAck('who'), { token: 'good' });
      await client.close();
      await app.close();
    });
  });

  describe('app.createSocketIOClient() of mm.cluster()', () => {
    async function withCluster(run: (app: MockApplication) => Promise<void>): Promise<void> {
      const { app, stop } = await startOwnCluster('reference_client');
      try {
        await run(app);
      } finally {
        await stop();
      }
    }

    it('waits for the app to start, and finds port and path by itself', async () => {
      await withCluster(async app => {
        const client = await app.createSocketIOClient();
        assert.equal(await client.sendWithAck('echo', 'here'), 'here');
        await client.close();
        await assert.rejects(app.createSocketIOClient({ namespace: '/guarded' }), { message: 'who are you?' });
      });
    });

    it('finds a port of config.socketio.port', async () => {
      const port = process.env.CLIENT_PORT = String(await freePort());
      try {
        await withCluster(async app => {
          const client = await app.createSocketIOClient();
          assert.equal((client.socket.io as unknown as { opts: { port: string } }).opts.port, port);
          assert.equal(await client.sendWithAck('echo', 'here'), 'here');
          await client.close();
        });
      } finally {
        delete process.env.CLIENT_PORT;
      }
    });

    it('names the file that the cluster should have written', async () => {
      const app = { ready: async () => undefined, port: 1, baseDir: '/nowhere' };
      await assert.rejects(connectToCluster(app), /cannot read .*run[/\\]application_config\.json/);
    });

    it('keeps the members that mm.cluster() itself has', () => {
      const app = { ready: async () => undefined, port: 1, baseDir: '/nowhere' };
      const cluster = Object.assign((options?: object) => Object.assign(app, { options }), { restore: () => 'restored' });
      const patched = withClients(cluster) as typeof cluster;
      assert.equal(patched({ workers: 2 }), app);
      assert.deepEqual((app as { options?: object }).options, { workers: 2 });
      assert.equal(patched.restore(), 'restored');
    });
  });
});
