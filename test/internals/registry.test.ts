import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, get, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Server as Engine } from 'engine.io';
import { Server } from 'socket.io';
import { checkInsides, missingInsides } from '../../lib/internals/check';
import { INSIDES } from '../../lib/internals/registry';
import { readPage, ROOT, tableRowsOf } from '../docs/markdown';
import { IS_EGG4 } from '../support/framework';
import { findInsides } from '../support/insides';

/** What looks like a use of insides, and is none. */
const NONE: Readonly<Record<string, string>> = {
  'controllers/decorator: metadata': 'a standard that the types do not know',
  'boot: sender': "agent.io is the app's server in a unit test",
  'redis: destroy': 'public in node-redis',
  'redis: isReady': 'public in node-redis',
  'redis: xRead': 'public in node-redis',
  'redis: xRevRange': 'public in node-redis',
  'redis: since': "the plugin's own addition to a session",
  'telemetry/stats: traffic': "the plugin's own engine",
  'routing: bytesWritten': "public in node:net's Socket",
  'routing: encrypted': "public in node:tls's TLSSocket",
};

const key = (room: string, member: string) => `${room}: ${member}`;
const registered = new Set(INSIDES.flatMap(({ rooms, member }) => rooms.map(room => key(room, member))));

/** The source of an installed package, without what is made of it for browsers. */
function sourceOf(name: string): string {
  const folder = path.join(ROOT, 'node_modules', name);
  const files = readdirSync(folder, { recursive: true }).map(String)
    .filter(file => /\.[cm]?js$/.test(file) && !/node_modules|client-dist|browser|\.min\./.test(file));
  return files.map(file => readFileSync(path.join(folder, file), 'utf8')).join('\n');
}

describe('test/internals/registry.test.ts', function() {
  this.timeout(120_000);

  it('every use of what other packages keep to themselves is in the registry, and no other', () => {
    const found = findInsides();
    assert.ok(found.length > 100, `${found.length} uses were found`);
    const unknown = found.filter(({ room, member }) => !registered.has(key(room, member)) && !NONE[key(room, member)]);
    assert.deepEqual(unknown.map(({ room, member, how, where }) => `${where}: ${how} uses ${member}: add it to lib/internals/registry.ts, for the room ${room}`), []);
    const used = new Set(found.map(({ room, member }) => key(room, member)));
    // The types of Egg 4 show more than those of Egg 3.
    const ofEgg = new Set(INSIDES
      .filter(({ of }) => /^(Application|Agent)$/.test(of))
      .flatMap(({ rooms, member }) => rooms.map(room => key(room, member))));
    const unused = [ ...registered, ...Object.keys(NONE) ].filter(each => !used.has(each) && !(IS_EGG4 && ofEgg.has(each)));
    assert.deepEqual(unused, [], 'not used any more');
  });

  describe('the installed version of', () => {
    for (const name of [ 'socket.io', 'engine.io', 'socket.io-adapter', 'ws', 'ioredis' ]) {
      it(`${name} has all that the registry names`, () => {
        const source = sourceOf(name);
        const members = INSIDES.filter(({ package: from }) => from === name).map(({ member }) => member);
        assert.ok(members.length > 0);
        assert.deepEqual(members.filter(member => !new RegExp(`\\b${member}\\b`).test(source)), []);
      });
    }

    it('Node has all that the registry names', async () => {
      assert.ok('_addHeaderLines' in IncomingMessage.prototype);
      const server = createServer((req, res) => {
        const { _httpMessage, _handle } = req.socket as unknown as { _httpMessage?: unknown; _handle?: object };
        res.end(JSON.stringify([ _httpMessage === res, 'bytesWritten' in _handle!, 'writeQueueSize' in _handle! ]));
      });
      await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve); });
      try {
        const body = await new Promise<string>((resolve, reject) => {
          get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false }, res => {
            res.setEncoding('utf8').once('data', resolve);
          }).once('error', reject);
        });
        assert.deepEqual(JSON.parse(body), [ true, true, true ]);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  });

  describe('at the start', () => {
    let io: Server;
    beforeEach(() => { io = new Server(createServer()); });
    afterEach(() => io.close());

    it('nothing is missing', () => assert.deepEqual(missingInsides(io), []));

    it('a member that is missing is named in the log, with what comes of it and what to do', () => {
      const holder = Object.getPrototypeOf(Engine.prototype) as { verify?: unknown };
      const { verify } = holder;
      const lines: string[] = [];
      delete holder.verify;
      try {
        checkInsides(io, line => lines.push(line));
      } finally {
        holder.verify = verify;
      }
      assert.deepEqual(lines, [
        'the installed version of engine.io has no Server#verify. All requests of a session after its first fail. '
          + 'Install the versions that package.json of egg-socketio asks for: docs/internals.md.',
      ]);
    });
  });

  it('package.json takes no newer minor versions of packages whose insides are used', () => {
    const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
    const names = [ ...new Set(INSIDES.map(({ package: from }) => from)) ].filter(name => name in dependencies);
    assert.deepEqual(names.filter(name => !/^~\d+\.\d+\.\d+$/.test(dependencies[name])), []);
    assert.ok(names.length >= 5);
  });

  for (const file of [ 'docs/internals.md', 'docs/zh/internals.md' ]) {
    it(`${file} shows the registry`, () => {
      const rows = tableRowsOf(readPage(file));
      const expected = INSIDES.map(({ package: from, of, member, rooms }) => [ from, `\`${of}#${member}\``, rooms.map(room => `\`${room}\``).join(', ') ]);
      assert.deepEqual(rows.map(row => row.slice(0, 3)), expected);
      if (file === 'docs/internals.md') assert.deepEqual(rows.map(row => row[3]), INSIDES.map(({ without }) => without));
    });
  }
});
