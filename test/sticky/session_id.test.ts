import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attach, type Server as Engine } from 'engine.io';
import { sidOfUrl, tagOf, tagSessionIds, withTag } from '../../lib/routing/session_id';
import { exchange } from '../support/sticky_http';

describe('test/sticky/session_id.test.ts', () => {
  describe('tagOf()', () => {
    for (const [ sid, tag ] of [
      [ 'id.aZ09_-xy', 'aZ09_-xy' ],
      [ 'with.a.dot.aZ09_-xy', 'aZ09_-xy' ],
      [ withTag('', 'aaaaaaaa'), 'aaaaaaaa' ],
      [ withTag('../../etc/passwd', 'aaaaaaaa'), 'aaaaaaaa' ],
      [ '', undefined ],
      [ 'aaaaaaaa', undefined ],
      [ 'id.short', undefined ],
      [ 'id.ninechars', undefined ],
      [ 'id.aaaa/aaa', undefined ],
      [ 'id.aaaaaa\n', undefined ],
      [ 'id.aaaaaaa\n', undefined ],
      [ 'id.aaaa\0aaa', undefined ],
      [ 'id.äaaaaaaa', undefined ],
      [ 'id.../../..', undefined ],
      [ 'id.aaaaaaaa.', undefined ],
      [ '__proto__', undefined ],
      [ 'x'.repeat(1_000_000), undefined ],
    ] as const) {
      it(`finds ${tag ?? 'none'} in ${JSON.stringify(sid.slice(0, 30))}`, () => assert.equal(tagOf(sid), tag));
    }
  });

  describe('sidOfUrl()', () => {
    /** What Engine.IO takes. */
    function expected(url: string): string | undefined {
      let sid: string | undefined;
      for (const [ key, value ] of new URL(url, 'https://socket.io').searchParams) if (key === 'sid') sid = value;
      return sid;
    }

    for (const query of [
      '', '?', '?sid', '?sid=', '?sid=a', '?a&sid=a', '?sid=a&sid=b', '?sid=a&sid=', '?sid=a&sid', '?sid=a&&', '?&&sid=a', '?xsid=a', '?sidx=a',
      '?SID=a', '?sid=a=b', '?=sid', '?sid=a%2Eb', '?s%69d=a', '?sid=a%2', '?sid=%zz', '?sid=%ff', '?sid=a+b', '?si+d=a', '?sid=%E4%BD%A0',
      '#?sid=a', '?sid=a#&sid=b', '?sid=a#', '?a=#?sid=b', '?sid=a?sid=b', '??sid=a', '?sid=a;sid=b', '?sid=é', '?sid=\t', '?si\td=a', '?sid=a\f',
      '?sid[]=a', '?sid=a&s%69d=b', '?s%69d=a&sid=b', '?%73%69%64=%61%00', `?sid=${'x'.repeat(10_000)}`,
    ]) {
      it(`takes what Engine.IO takes from ${JSON.stringify(query.slice(0, 30))}`, () => {
        assert.equal(sidOfUrl(`/socket.io/${query}`), expected(`/socket.io/${query}`));
      });
    }

    it('returns the same as Engine.IO for any URL', () => {
      const pieces = [ 'sid', '=', '&', '?', '#', '%', '%73', '69', 's', 'id', '+', 'a', '.', '/', ';', 'é', '\t', '%E4', '[', '' ];
      let seed = 1;
      // A small generator of its own, so that a failure can be repeated.
      const next = (limit: number) => (seed = (seed * 48_271) % 2_147_483_647) % limit;
      for (let i = 0; i < 20_000; i++) {
        const url = `/socket.io/${Array.from({ length: next(14) }, () => pieces[next(pieces.length)]).join('')}`;
        assert.equal(sidOfUrl(url), expected(url), url);
      }
    });

    it('creates no URL object for requests of clients', () => {
      const { URL: RealURL } = global;
      global.URL = class { constructor() { throw new Error('made a URL'); } } as unknown as typeof URL;
      try {
        assert.equal(sidOfUrl('/socket.io/?EIO=4&transport=polling&t=x%20y&sid=abc.aaaaaaaa'), 'abc.aaaaaaaa');
      } finally {
        global.URL = RealURL;
      }
    });
  });

  describe('tagSessionIds()', () => {
    const server = createServer();
    let engine: Engine;
    const refused: { name: string; error: Error }[] = [];

    before(async () => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    beforeEach(() => {
      engine = attach(server, {});
      refused.length = 0;
      engine.on('connection_error', ({ context }) => refused.push(context));
    });
    afterEach(() => {
      engine.close();
      server.removeAllListeners('request').removeAllListeners('upgrade');
    });
    after(() => {
      server.closeAllConnections();
      server.close();
    });

    async function handshake(): Promise<string> {
      const { body } = await exchange(`http://127.0.0.1:${(server.address() as AddressInfo).port}/engine.io/?EIO=4&transport=polling`);
      return body.startsWith('0') ? JSON.parse(body.slice(1)).sid : body;
    }

    it("tags the ids of Engine.IO's own generator", async () => {
      tagSessionIds(engine, 'aaaaaaaa');
      assert.match(await handshake(), /^[A-Za-z0-9_-]{20}\.aaaaaaaa$/);
    });

    it('tags the ids of a generator that was set before', async () => {
      engine.generateId = () => 'before';
      tagSessionIds(engine, 'aaaaaaaa');
      assert.equal(await handshake(), 'before.aaaaaaaa');
    });

    it('tags the ids of a generator that is set at run time', async () => {
      tagSessionIds(engine, 'aaaaaaaa');
      engine.generateId = req => `${req.method}-${req.url!.length}`;
      assert.equal(await handshake(), 'GET-35.aaaaaaaa');
      engine.generateId = async () => 'late';
      assert.equal(await handshake(), 'late.aaaaaaaa');
    });

    it('tags the ids of a generator that calls the previous one, and of one that is set again', async () => {
      engine.generateId = () => 'first';
      tagSessionIds(engine, 'aaaaaaaa');
      const { generateId } = engine;
      engine.generateId = async (req: IncomingMessage) => `outer-${await generateId(req)}`;
      assert.match(await handshake(), /^outer-first.*\.aaaaaaaa$/);
      engine.generateId = generateId;
      assert.equal(await handshake(), 'first.aaaaaaaa');
    });

    it('calls a generator as a method of the server', async () => {
      tagSessionIds(engine, 'aaaaaaaa');
      engine.generateId = function(this: Engine) { return String(this.clientsCount); };
      assert.equal(await handshake(), '0.aaaaaaaa');
    });

    for (const [ what, generate ] of [
      [ 'throws', () => { throw new Error('no id'); } ],
      [ 'rejects', () => Promise.reject(new Error('no id')) ],
    ] as const) {
      it(`passes on the error of a generator that ${what}`, async () => {
        tagSessionIds(engine, 'aaaaaaaa');
        engine.generateId = generate;
        assert.equal(await handshake(), '{"code":3,"message":"Bad request"}');
        assert.deepEqual(refused.map(({ name, error }) => [ name, error.message ]), [[ 'ID_GENERATION_ERROR', 'no id' ]]);
      });
    }
  });
});
