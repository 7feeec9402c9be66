import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { WebSocketServer } from 'ws';
import { BUNDLED, FLOORS, isAtLeast, type Lock, packagesOf, SERVER_WS_FLOOR, tooOld, unreviewed, WITHOUT_ADVISORY } from '../support/dependency_floors';
import { type RunningApp, startOnEggServer } from '../support/server';

const ROOT = path.join(__dirname, '../..');
const read = <T>(file: string) => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')) as T;

interface Manifest { dependencies: Record<string, string>; overrides: Record<string, unknown> }

describe('test/security/dependencies.test.ts', () => {
  const { dependencies, overrides } = read<Manifest>('package.json');

  it('package.json allows no dependency that is too old', () => {
    for (const [ name, floor ] of Object.entries({ ...FLOORS, ws: SERVER_WS_FLOOR })) {
      const range = dependencies[name];
      if (range === undefined) continue;
      assert.match(range, /^[\^~]\d+\.\d+\.\d+$/, name);
      assert.ok(isAtLeast(range.slice(1), floor), `${name}: ${range} allows less than ${floor}`);
    }
  });

  it('package.json sets minimum versions for indirect dependencies', () => {
    for (const name of [ 'engine.io', 'socket.io', 'socket.io-adapter', 'socket.io-parser', 'ws' ]) assert.ok(name in dependencies, name);
    // They do not hold where the package is installed.
    assert.deepEqual(Object.keys(overrides).filter(name => name in FLOORS), []);
  });

  it('package-lock.json has no dependency that is too old', () => {
    const lock = read<Lock>('package-lock.json');
    assert.deepEqual(tooOld(lock, ''), []);
    const names = new Set(packagesOf(lock, '').map(({ name }) => name));
    assert.deepEqual(Object.keys(FLOORS).filter(name => !names.has(name)), []);
  });

  it('the list of reviewed packages has every dependency of package-lock.json, and no other packages', () => {
    const lock = read<Lock>('package-lock.json');
    assert.deepEqual(unreviewed(lock, ''), []);
    const names = new Set(packagesOf(lock, '').map(({ name }) => name));
    assert.deepEqual(WITHOUT_ADVISORY.filter(name => !names.has(name)), []);
    const other: Lock = { packages: { 'node_modules/a': { dependencies: { ws: '*', 'left-pad': '*' } }, 'node_modules/ws': {}, 'node_modules/left-pad': {} } };
    assert.deepEqual(unreviewed(other, 'node_modules/a'), [ 'left-pad' ]);
  });

  it('packages that the build bundles are not too old, and are not dependencies', () => {
    const { packages } = read<Lock>('package-lock.json');
    for (const [ name, floor ] of Object.entries(BUNDLED)) {
      const { version = '' } = packages[`node_modules/${name}`];
      assert.ok(isAtLeast(version, floor), `${name}: ${version}, and not ${floor} or newer`);
      assert.equal(dependencies[name], undefined);
    }
  });

  it('finds a dependency that is too old, wherever it is installed', () => {
    const lock: Lock = {
      packages: {
        'node_modules/egg-socketio': { version: '1.0.0', dependencies: { 'engine.io': '*', ws: '*', '@scope/a': '*', missing: '*' } },
        'node_modules/engine.io': { version: '6.6.8', dependencies: { ws: '*' } },
        'node_modules/engine.io/node_modules/ws': { version: '8.21.0' },
        'node_modules/ws': { version: '8.22.2' },
        'node_modules/@scope/a': { version: '1.0.0', dependencies: { 'socket.io-parser': '*', 'engine.io': '*' } },
        'node_modules/@scope/a/node_modules/socket.io-parser': { version: '4.10.0-beta.1', dependencies: { cookie: '*' } },
        'node_modules/cookie': { version: '0.10.0' },
        // Nothing of it is loaded.
        'node_modules/other': { version: '1.0.0', dependencies: { ws: '*' } },
        'node_modules/other/node_modules/ws': { version: '7.0.0' },
      },
    };
    assert.deepEqual(tooOld(lock, 'node_modules/egg-socketio').sort(), [
      'node_modules/@scope/a/node_modules/socket.io-parser: 4.10.0-beta.1, and not 4.2.7 or newer',
      'node_modules/engine.io/node_modules/ws: 8.21.0, and not 8.21.1 or newer',
      'node_modules/engine.io: 6.6.8, and not 6.6.9 or newer',
      'node_modules/ws: 8.22.2, and not 8.23.0 or newer',
    ]);
  });

  describe('the server', () => {
    let server: RunningApp;

    before(async () => { server = await startOnEggServer('basic'); });
    after(() => server.stop());

    it("speaks WebSocket with the plugin's ws, not with Engine.IO's", () => {
      assert.ok((server.app.io.engine as unknown as { ws: unknown }).ws instanceof WebSocketServer);
    });

    it('closes the connection of a client that pings and does not read', async () => {
      const socket = net.connect(Number(new URL(server.url).port), '127.0.0.1');
      // The end may come as a reset.
      socket.on('error', () => { /* is what is waited for */ });
      const connected = once(server.app.io.engine, 'connection');
      socket.write([
        'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1', 'Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket',
        'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', '',
      ].join('\r\n'));
      const [ session ] = await connected as [{ once(event: 'close', listener: () => void): void }];
      let closed = false;
      const gone = new Promise<void>(resolve => { session.once('close', () => { closed = true; resolve(); }); });
      socket.pause();
      // A masked ping with 125 bytes.
      const ping = Buffer.alloc(2 + 4 + 125);
      ping.set([ 0x89, 0x80 | 125 ]);
      const pings = Buffer.concat(Array.from({ length: 5000 }, () => ping));
      // Without a limit, this many bytes would wait in the server's memory.
      const MOST = 64 * 1024 * 1024;
      while (!closed && socket.writable && socket.bytesWritten < MOST) {
        await Promise.race([ gone, new Promise<unknown>(resolve => { socket.write(pings, resolve); }) ]);
      }
      socket.destroy();
      assert.ok(closed || socket.bytesWritten < MOST, `the server has taken ${socket.bytesWritten} bytes of pings`);
      await gone;
    });
  });
});
