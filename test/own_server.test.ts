import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { ClusterProcess } from './support/cluster_process';
import { freePort } from './support/free_port';
import { startErrorOf, withInlineApp } from './support/inline_app';

const CONTROLLER = "module.exports = require('egg-socketio').defineSocketController({ messages: { secure: ctx => ctx.handshake.secure } });";
const TRANSPORTS = [[ 'polling' ], [ 'polling', 'websocket' ], [ 'websocket' ]];

async function listens(port: number, host: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function app(port: unknown, rest = ''): Record<string, string> {
  return {
    'config/config.default.js': `module.exports = () => ({ keys: 'k', ${rest} socketio: { port: ${JSON.stringify(port)} } });`,
    'app/socket/main.js': CONTROLLER,
  };
}

describe('test/own_server.test.ts', function() {
  this.timeout(120_000);
  let folder: string;
  let key: string;
  let cert: string;

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'own-server-'));
    [ key, cert ] = [ `${folder}/key.pem`, `${folder}/cert.pem` ];
    execFileSync('openssl', [ 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost' ], { stdio: 'ignore' });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("follows Egg's https and hostname, on a port that the workers share", async () => {
    const port = await freePort();
    const cluster = await ClusterProcess.start({ workers: 2, variables: {
      WORKERS_PORT: String(port), WORKERS_CLUSTER: JSON.stringify({ listen: { hostname: '127.0.0.1' }, https: { key, cert } }),
    } });
    try {
      assert.deepEqual([ await listens(port, '127.0.0.1'), await listens(port, '127.0.0.2') ], [ true, false ]);
      const pids = new Set<unknown>();
      for (let i = 0; pids.size < 2; i++) {
        const client = await new SocketIOTestClient({ protocol: 'https', port, rejectUnauthorized: false, transports: TRANSPORTS[i % 3] }).connect();
        const [ pid, text ] = await client.sendWithAck('echo', 'over TLS') as [ number, string ];
        assert.equal(text, 'over TLS');
        pids.add(pid);
        await client.close();
      }
      await assert.rejects(new SocketIOTestClient({ port, transports: [ 'websocket' ] }).connect());
    } finally {
      await cluster.stop();
    }
  });

  it('prefers its own hostname and https to those of Egg, with certificates as texts or paths', async () => {
    const own = { port: 0, hostname: '127.0.0.1', https: { key: readFileSync(key, 'utf8'), cert } };
    const eggs = "cluster: { listen: { hostname: '127.0.0.9' }, https: { key: 'nowhere.pem', cert: 'nowhere.pem' } },";
    await withInlineApp(app(own, eggs), async ({ app, baseDir }, error) => {
      assert.ifError(error);
      const client = await app.createSocketIOClient({ transports: [ 'websocket' ] });
      assert.equal(await client.sendWithAck('secure'), true);
      await client.close();
      const dumped = readFileSync(path.join(baseDir, 'run/application_config.json'), 'utf8');
      assert.doesNotMatch(dumped, /BEGIN (RSA )?PRIVATE KEY/);
    });
    await withInlineApp(app({ port: 0, hostname: '127.0.0.1', https: false }, eggs), async ({ app }, error) => {
      assert.ifError(error);
      const client = await app.createSocketIOClient();
      assert.equal(await client.sendWithAck('secure'), false);
      await client.close();
    });
  });

  it('stops the start and names the wrong key', async () => {
    const messageOf = async (port: unknown, rest = '') => (await startErrorOf(app(port, rest))).message;
    const missing = { port: 0, https: { key: `${folder}/none.pem`, cert } };
    assert.match(await messageOf(missing), /config\.socketio\.port\.https\.key: cannot read .*none\.pem: ENOENT/);
    assert.match(await messageOf(0, `cluster: { https: { key: '${folder}/none.pem', cert: '${cert}' } },`), /config\.cluster\.https\.key: cannot read/);
    assert.match(await messageOf({ port: 0, https: { key: cert, cert } }), /config\.socketio\.port\.https: the HTTPS server of config\.socketio\.port cannot be created with it: /);
    // 192.0.2.0/24 is for documentation, and nobody's.
    assert.match(await messageOf({ port: 0, hostname: '192.0.2.1' }), /cannot listen on port 0 of 192\.0\.2\.1 \(config\.socketio\.port\.hostname\): .*EADDRNOTAVAIL/);
    assert.match(await messageOf(0, "cluster: { listen: { hostname: '192.0.2.1' } },"), /of 192\.0\.2\.1 \(config\.cluster\.listen\.hostname\)/);
  });
});
