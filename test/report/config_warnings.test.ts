import assert from 'node:assert/strict';
import { ClusterProcess } from '../support/cluster_process';
import { withInlineApp } from '../support/inline_app';

const CONTROLLER = { 'app/socket/main.js': "module.exports = require('egg-socketio').defineSocketController({ messages: { hi: () => 'hi' } });" };

/** The warnings of an app with this in its configuration. */
async function warningsOf(config: string, files: Record<string, string> = {}): Promise<string[]> {
  let found: string[] = [];
  await withInlineApp({ ...CONTROLLER, 'config/config.default.js': `module.exports = () => ({ keys: 'k', ${config} });`, ...files }, ({ warnings }, error) => {
    assert.ifError(error);
    found = warnings.filter(text => text.startsWith('[egg-socketio] '));
  });
  return found;
}

describe('test/report/config_warnings.test.ts', () => {
  const cases: [ title: string, config: string, expected: RegExp ][] = [
    [ 'config.io of egg-socket.io', "io: { init: {}, namespace: { '/': { connectionMiddleware: [ 'auth' ] } } }", /config\.io is not read, so its init, namespace have no effect.*migrating-from-egg-socket\.io\.md/ ],
    [ 'config.io with redis alone', "io: { redis: { host: '127.0.0.1' } }", /config\.io is not read, so its redis have no effect/ ],
    [ 'config.socketIO of Midway', "socketIO: { cors: { origin: '*' } }", /config\.socketIO is not read.*migrating-from-midway\.md/ ],
    [ 'a misspelt key', "'socket.io': { path: '/x' }", /config\.socket\.io is not read/ ],
    [ "cors: { origin: [ '*' ] }", "socketio: { cors: { origin: [ '*' ] } }", /config\.socketio\.cors\.origin: in an array/ ],
    [ 'cors without origin', 'socketio: { cors: { credentials: true } }', /config\.socketio\.cors: without origin, the pages of every origin may connect/ ],
    [ 'any origin with credentials', "socketio: { cors: { origin: '*', credentials: true } }", /config\.socketio\.cors: browsers refuse/ ],
    [ 'a serverTimeout below the pings', 'serverTimeout: 30000', /config\.serverTimeout \(30000 ms\) is below pingInterval \+ pingTimeout \(45000 ms\)/ ],
    [ 'a serverTimeout below pings of the app', 'serverTimeout: 60000, socketio: { pingInterval: 50000 }', /config\.serverTimeout \(60000 ms\) is below pingInterval \+ pingTimeout \(70000 ms\)/ ],
  ];
  for (const [ title, config, expected ] of cases) {
    it(`warns of ${title}, once`, async () => {
      const warnings = await warningsOf(config);
      assert.equal(warnings.length, 1, warnings.join('\n'));
      assert.match(warnings[0], expected);
    });
  }

  it('warns of a folder app/io', async () => {
    const warnings = await warningsOf('', { 'app/io/middleware/auth.js': 'module.exports = () => async () => { throw new Error(); };' });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /the folder app\/io is not loaded.*migrating-from-egg-socket\.io\.md/);
  });

  it('logs no warning for a correct config', async () => {
    for (const config of [
      "io: { mine: true }, socketIO: undefined, serverTimeout: 45000, socketio: { cors: { origin: [ 'https://a.example' ], credentials: true } }",
      "socketio: { cors: { origin: '*' } }, serverTimeout: 0",
      "socketio: { transports: [ 'websocket' ] }, serverTimeout: 10000",
    ]) assert.deepEqual(await warningsOf(config), []);
  });

  it('does not warn of config.io and app/io if a plugin named io is enabled', async () => {
    const warnings = await warningsOf('io: { namespace: {} }', {
      'app/io/middleware/auth.js': 'module.exports = () => async () => undefined;',
      'config/plugin.js': "exports.io = { enable: true, path: require('node:path').join(__dirname, '../io-plugin') };",
      'io-plugin/package.json': '{ "name": "io-plugin", "eggPlugin": { "name": "io" } }',
    });
    assert.deepEqual(warnings, []);
  });

  it('is logged once by an app with several workers', async function() {
    this.timeout(60_000);
    const cluster = await ClusterProcess.start({ workers: 3, variables: { WORKERS_LEFT_OVER: 'true' } });
    await cluster.stop();
    assert.equal(cluster.log.match(/config\.io is not read/g)?.length, 1);
  });
});
