import assert from 'node:assert/strict';
import defaultConfig from '../config/config.default';
import { checkOptions, OPTION_KEYS } from '../lib/boot/options';
import { startErrorOf } from './support/inline_app';

const WRONG: [key: string, value: unknown, says: string][] = [
  [ 'port', '7001', 'a port number from 0 to 65535, but got "7001" (string)' ],
  [ 'port', 70000, 'a port number from 0 to 65535, but got 70000' ],
  [ 'port', {}, 'a port number from 0 to 65535, or an object with port, hostname and https, but got' ],
  [ 'port', { port: 7002, hostname: 1 }, "a host name or an IP address, such as '127.0.0.1', but got 1" ],
  [ 'port', { port: 7002, https: { key: 'key.pem' } }, 'false, or an object with key and cert (paths or PEM texts), and other options of https.createServer(), but got a value of type object' ],
  [ 'port', { port: 7002, host: 'x' }, '' ],
  [ 'generateId', 'uuid', 'a function, but got "uuid" (string)' ],
  [ 'unknownEvents', 'drop', "'answer' or 'ignore', but got \"drop\" (string)" ],
  [ 'requireOrigin', 1, 'true or false, but got 1' ],
  [ 'takeOverWindow', false, 'a number of milliseconds, 0 or more, but got false' ],
  [ 'startupTable', 'no', 'true or false, but got "no" (string)' ],
  [ 'drain', { batch: 0 }, 'a whole number, 1 or more, but got 0' ],
  [ 'drain', { time: 1 }, '' ],
  [ 'limits', { events: { perSecond: 0 } }, 'a number above 0, but got 0' ],
  [ 'limits', { events: 100 }, 'an object with perSecond and burst, or false, but got 100' ],
  [ 'limits', { rooms: 0 }, 'a whole number, 1 or more, but got 0' ],
  [ 'limits', { ipv6Prefix: 129 }, 'a whole number from 1 to 128, but got 129' ],
  [ 'limits', { namespaces: true }, 'a whole number, 1 or more, or false, but got true' ],
  [ 'limits', { handlerTimeout: '1s' }, 'a number of milliseconds, 1 or more, or false, but got "1s" (string)' ],
  [ 'limits', { bufferedBytes: Infinity }, 'a number of bytes, 1 or more, but got Infinity' ],
  [ 'limits', { waitingBytes: 0 }, 'a number of bytes, 1 or more, but got 0' ],
  [ 'limits', { room: 1 }, '' ],
  [ 'accessLog', 'all', 'true, false or an object with level, sample and slow, but got "all" (string)' ],
  [ 'accessLog', { level: 'error' }, "'debug', 'info' or 'warn', but got \"error\" (string)" ],
  [ 'accessLog', { sample: 2 }, 'a number from 0 to 1, but got 2' ],
  [ 'accessLog', { slow: true }, 'a number of milliseconds, 0 or more, or false, but got true' ],
  [ 'accessLog', { slower: 1 }, '' ],
  [ 'health', '/healthz', 'true, false or an object with live and ready, but got "/healthz" (string)' ],
  [ 'health', { ready: 'readyz' }, "a path below '/', such as '/socket.io', but got \"readyz\" (string)" ],
  [ 'health', { live: '/readyz' }, 'an object with different paths for live and ready' ],
  [ 'adminUI', true, "an object with auth, which is { type: 'basic', username, password } with a bcrypt hash for a password, or false, but got true" ],
  [ 'adminUI', {}, "an object with auth, which is { type: 'basic', username, password } with a bcrypt hash for a password, or false, but got " ],
  [ 'adminUI', { auth: { type: 'basic', username: 'admin', password: 'secret' } }, "{ type: 'basic', username, password } with a bcrypt hash for a password, or false, but got a value of type object" ],
  [ 'adminUI', { auth: false, mode: 'test' }, "'development' or 'production', but got \"test\" (string)" ],
  [ 'adminUI', { auth: false, store: {} }, '' ],
  [ 'middleware', 'auth', 'an array of functions and of file names in app/socket/middleware, but got "auth" (string)' ],
  [ 'connectionMiddleware', [ 1 ], 'a function (ctx, next) or the name of a file in app/socket/middleware, but got 1' ],
  [ 'guards', [ 'admin' ], 'a function (ctx) => boolean or a class with canActivate(ctx), but got "admin" (string)' ],
  [ 'interceptors', [ 'cache' ], 'a function (ctx, next) or a class with intercept(ctx, next), but got "cache" (string)' ],
  [ 'filters', [ 'log' ], 'a function (error, ctx) or a class with catch(error, ctx), but got "log" (string)' ],
  [ 'outgoing', [ 'redact' ], 'a function (packet), but got "redact" (string)' ],
  [ 'outgoing', () => undefined, 'an array of functions, but got a value of type function' ],
  [ 'filters', () => undefined, 'an array of functions and classes, but got a value of type function' ],
  [ 'path', 'socket.io', "a path below '/', such as '/socket.io', but got \"socket.io\" (string)" ],
  [ 'path', '/', "a path below '/', such as '/socket.io', but got \"/\" (string)" ],
  [ 'serveClient', 'no', 'true or false, but got "no" (string)' ],
  [ 'adapter', {}, 'an adapter class, a function (nsp) => adapter, the result of createRedisAdapter(), or an object with redis, but got a value of type object' ],
  [ 'pubClient', 'redis://localhost', 'a client of ioredis or redis, but got "redis://localhost" (string)' ],
  [ 'subClient', {}, 'a client of ioredis or redis, but got a value of type object' ],
  [ 'parser', 'msgpack', "an object with Encoder and Decoder, such as require('socket.io-msgpack-parser'), but got \"msgpack\" (string)" ],
  [ 'connectTimeout', '45s', 'a number of milliseconds, 1 or more, but got "45s" (string)' ],
  [ 'connectTimeout', 0, 'a number of milliseconds, 1 or more, but got 0' ],
  [ 'connectionStateRecovery', { maxDuration: 1 }, '' ],
  [ 'connectionStateRecovery', 'yes', 'an object with maxDisconnectionDuration' ],
  [ 'cleanupEmptyChildNamespaces', 1, 'true or false, but got 1' ],
  [ 'pingTimeout', -1, 'a number of milliseconds, 0 or more, but got -1' ],
  [ 'pingInterval', NaN, 'a number of milliseconds, 0 or more, but got NaN' ],
  [ 'upgradeTimeout', null, 'a number of milliseconds, 0 or more, but got null' ],
  [ 'maxHttpBufferSize', 0, 'a number of bytes, 1 or more, but got 0' ],
  [ 'allowRequest', true, 'a function, but got true' ],
  [ 'transports', [ 'tcp' ], "'polling', 'websocket' or 'webtransport', but got \"tcp\" (string)" ],
  [ 'transports', [], "an array of 'polling', 'websocket' and 'webtransport' with at least one entry, but got an array" ],
  [ 'allowUpgrades', 'yes', 'true or false, but got "yes" (string)' ],
  [ 'perMessageDeflate', 'on', 'true, false or an object with options of ws, but got "on" (string)' ],
  [ 'httpCompression', 9, 'true, false or an object with options of zlib, but got 9' ],
  [ 'wsEngine', 'ws', 'a WebSocket server class with the interface of ws.Server, but got "ws" (string)' ],
  [ 'cookie', 'io', 'true, false or an object with name and cookie options, but got "io" (string)' ],
  [ 'cors', '*', 'an object with options of the cors package, a function (req, callback), true or false, but got "*" (string)' ],
  [ 'cors', { orign: 'https://a.example' }, '' ],
  [ 'cors', [ 'https://a.example' ], 'an object with options of the cors package, a function (req, callback), true or false, but got an array' ],
  [ 'allowEIO3', 3, 'true or false, but got 3' ],
  [ 'destroyUpgrade', 0, 'true or false, but got 0' ],
  [ 'destroyUpgradeTimeout', '1s', 'a number of milliseconds, 0 or more, but got "1s" (string)' ],
  [ 'addTrailingSlash', '', 'true or false, but got "" (string)' ],
];

describe('test/options.test.ts', () => {
  it('has these defaults', () => {
    assert.deepEqual(defaultConfig().socketio, {
      path: '/socket.io',
      connectTimeout: 45000,
      cleanupEmptyChildNamespaces: true,
      unknownEvents: 'answer',
      takeOverWindow: 300,
      startupTable: true,
      drain: { batch: 100, interval: 50, limit: 4000 },
      limits: {
        events: { perSecond: 5000, burst: 5000 },
        connectionsPerAddress: false,
        ipv6Prefix: false,
        receivedBytes: { perSecond: 10000000, burst: 20000000 },
        payloadPackets: 10000,
        arguments: 1000,
        nameLength: 512,
        authBytes: 65536,
        connectionAuthBytes: 262144,
        handshakeTimeout: 10000,
        pendingConnects: 50,
        namespaces: 100,
        rooms: 1000,
        handlerTimeout: 60000,
        streams: 100,
        streamBytes: 1048576,
        uploadBytes: 16777216,
        keptStreams: 1000,
        keptStreamBytes: 1048576,
        keptBytes: 67108864,
        onceKeys: 10000,
        onceBytes: 16777216,
        ackTimeout: 20000,
        ackBytes: 16777216,
        bufferedBytes: 4194304,
        waitingBytes: 4194304,
        attachmentTimeout: 10000,
        depth: 100,
      },
      accessLog: false,
      health: false,
      middleware: [],
      connectionMiddleware: [],
      guards: [],
      interceptors: [],
      filters: [],
      outgoing: [],
    });
    assert.deepEqual(checkOptions(defaultConfig().socketio), defaultConfig().socketio);
  });

  it('has a wrong value for every option except the one that accepts any value', () => {
    const covered = new Set(WRONG.map(([ key ]) => key));
    assert.deepEqual(OPTION_KEYS.filter(key => !covered.has(key)), [ 'initialPacket' ]);
  });

  for (const [ key, value, says ] of WRONG) {
    it(`refuses ${key}: ${JSON.stringify(value)}`, () => {
      assert.throws(() => checkOptions({ [key]: value }), (error: Error & { code: string }) => {
        assert.equal(error.code, 'INVALID_CONFIG');
        assert.ok(error.message.startsWith(`[egg-socketio] config.socketio.${key}`), error.message);
        assert.ok(error.message.includes(says ? `expected ${says}` : 'unknown option'), error.message);
        return true;
      });
    });
  }

  it('names all wrong keys at once', () => {
    assert.throws(() => checkOptions({ pingIntervall: 1, pingTimeout: 'x' }), (error: Error) => {
      assert.match(error.message, /config\.socketio\.pingTimeout: expected/);
      assert.match(error.message, /config\.socketio\.pingIntervall: unknown option\. Did you mean 'pingInterval'\?$/m);
      return true;
    });
  });

  it('names the key that an unknown key was probably meant to be, and lists all keys of that object if none is similar', () => {
    const messageOf = (config: object) => {
      try { checkOptions(config); } catch (error) { return (error as Error).message; }
      return '';
    };
    assert.match(messageOf({ limits: { event: 1 } }),
      /config\.socketio\.limits\.event: unknown option\. Did you mean 'events'\?$/);
    assert.match(messageOf({ limits: { events: { perSec: 1 } } }),
      /config\.socketio\.limits\.events\.perSec: unknown option\. Known options: burst, perSecond\.$/);
    assert.match(messageOf({ connectionStateRecovery: { maxLogByte: 1 } }),
      /config\.socketio\.connectionStateRecovery\.maxLogByte: unknown option\. Did you mean 'maxLogBytes'\?$/);
    assert.match(messageOf({ accessLog: { slo: 1 } }), /accessLog\.slo: unknown option\. Did you mean 'slow'\?$/);
    assert.equal(messageOf({ limits: { events: { perSecond: '5' } } }),
      '[egg-socketio] config.socketio.limits.events.perSecond: expected a number above 0, but got "5" (string).');
    assert.equal(messageOf({ connectionStateRecovery: { maxDisconnectionDuration: '2 min' } }),
      '[egg-socketio] config.socketio.connectionStateRecovery.maxDisconnectionDuration: expected a number of milliseconds, 0 or more, but got "2 min" (string).');
    assert.match(messageOf({ cors: { orign: 'https://a.example' } }), /cors\.orign: unknown option\. Did you mean 'origin'\?$/);
    assert.match(messageOf({ port: { port: 1, host: 'x' } }), /port\.host: unknown option\. Known options: hostname, https, port\.$/);
    assert.match(messageOf({ adapter: { redi: 'redis://x' } }), /adapter\.redi: unknown option\. Did you mean 'redis'\?$/);
    assert.match(messageOf({ limits: { stuff: 1 } }), /limits\.stuff: unknown option\. Known options: ackBytes, ackTimeout, arguments, .*waitingBytes\.$/);
    // Two letters in the wrong order.
    assert.match(messageOf({ limits: { events: { burts: 1 } } }), /limits\.events\.burts: unknown option\. Did you mean 'burst'\?$/);
  });

  it('prints each of several lines of a message once, because Egg prints the message and the stack', () => {
    assert.throws(() => checkOptions({ limits: { event: 1 }, pingTimeout: 'x' }), ({ message, stack }: Error) => {
      assert.equal(message.split('\n').length, 2);
      assert.match(stack!.split('\n')[1], /^ {4}at /);
      return true;
    });
  });

  it('refuses a config that is not an object, and treats undefined as absent', () => {
    for (const config of [ undefined, null, true, []]) assert.throws(() => checkOptions(config), /config\.socketio: expected an object/);
    assert.deepEqual(checkOptions({ cors: undefined, path: '/io' }), { path: '/io' });
  });

  it('stops the start of an app', async () => {
    const error = await startErrorOf({
      'config/config.default.js': "module.exports = () => ({ keys: 'k', socketio: { pingInterval: '25s' } });",
    });
    assert.match(error.message, /config\.socketio\.pingInterval: expected a number of milliseconds, 0 or more, but got "25s"/);
  });

  it('stops the start if its own port is taken', async () => {
    const { createServer } = await import('node:net');
    const server = createServer();
    await new Promise<void>(resolve => { server.listen(0, () => resolve()); });
    const { port } = server.address() as import('node:net').AddressInfo;
    try {
      const error = await startErrorOf({
        'config/config.default.js': `module.exports = () => ({ keys: 'k', socketio: { port: ${port} } });`,
      });
      assert.match(error.message, new RegExp(`config\\.socketio\\.port: cannot listen on port ${port}: .*EADDRINUSE`));
    } finally {
      server.close();
    }
  });
});
