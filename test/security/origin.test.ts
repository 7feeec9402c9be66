import assert from 'node:assert/strict';
import { type Answer, attachServer, type AttachedServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';

/** Engine.IO refuses an upgrade with another status than a request. */
const ANSWERS = {
  polling: { allowed: 200, refused: { status: 403, body: '{"code":4,"message":"origin not allowed"}' } },
  websocket: { allowed: 101, refused: { status: 400, body: 'origin not allowed' } },
};

function check(transport: keyof typeof ANSWERS, answer: Answer, isAllowed: boolean, what: string): void {
  const { allowed, refused } = ANSWERS[transport];
  if (isAllowed) assert.equal(answer.status, allowed, `${transport}: ${what}`);
  else assert.deepEqual(answer, refused, `${transport}: ${what}`);
}

/** Which headers may connect, and which may not, by both transports. */
interface Case {
  name: string;
  config: string;
  /** More of the app's config. */
  rest?: string;
  allowed: readonly (Record<string, string> | ((host: string) => Record<string, string>))[];
  refused: readonly (Record<string, string> | ((host: string) => Record<string, string>))[];
}

const SAME = (host: string) => ({ Origin: `http://${host}` });
const CASES: Case[] = [
  {
    name: 'without cors: pages of the own host, and clients without an origin',
    config: '{}',
    allowed: [
      {}, SAME,
      host => ({ Origin: `https://${host}` }),
      { Origin: 'https://App.Example.com', Host: 'app.example.com' },
      { Origin: 'https://app.example.com', Host: 'APP.example.com:443' },
      { Origin: 'http://app.example.com:80', Host: 'app.example.com' },
      { Origin: 'http://[::1]:7001', Host: '[::1]:7001' },
    ],
    refused: [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { Origin: '' },
      { Origin: 'file://' },
      host => ({ Origin: `http://${host}.evil.example` }),
      host => ({ Origin: `http://evil.example/${host}` }),
      host => ({ Origin: `http://evil.example@${host}`, 'X-Forwarded-Host': 'evil.example' }),
      { Origin: 'http://app.example.com:8080', Host: 'app.example.com' },
      { Origin: 'http://app.example.com:443', Host: 'app.example.com' },
      { Origin: 'https://evil.example', 'X-Forwarded-Host': 'evil.example' },
      { Origin: 'x'.repeat(5000) },
    ],
  },
  {
    name: 'behind a proxy that Egg trusts: the host that it names',
    config: '{}',
    rest: "proxy: true, hostHeaders: 'x-forwarded-host',",
    allowed: [{ Origin: 'https://app.example.com', 'X-Forwarded-Host': 'app.example.com' }, SAME ],
    refused: [{ Origin: 'https://app.example.com' }, { Origin: 'https://evil.example', 'X-Forwarded-Host': 'app.example.com' }],
  },
  {
    name: 'cors.origin: a string', config: "{ cors: { origin: 'https://a.example' } }",
    allowed: [{}, SAME, { Origin: 'https://a.example' }],
    refused: [{ Origin: 'http://a.example' }, { Origin: 'https://a.example.evil.example' }, { Origin: 'null' }],
  },
  {
    name: 'cors.origin: a list of strings and patterns', config: "{ cors: { origin: [ 'https://a.example', /^https:\\/\\/\\w+\\.b\\.example$/g ] } }",
    allowed: [{ Origin: 'https://a.example' }, { Origin: 'https://x.b.example' }, { Origin: 'https://y.b.example' }],
    refused: [{ Origin: 'https://b.example' }],
  },
  {
    name: 'cors.origin: a function', config: "{ cors: { origin: (origin, done) => setImmediate(done, null, origin.endsWith('.a.example')) } }",
    allowed: [{ Origin: 'https://x.a.example' }, {}],
    refused: [{ Origin: 'https://b.example' }],
  },
  {
    name: 'cors.origin: a function that fails', config: "{ cors: { origin: (origin, done) => done(new Error('database away')) } }",
    allowed: [{}, SAME ], refused: [{ Origin: 'https://b.example' }],
  },
  {
    name: 'cors.origin: a function that throws', config: "{ cors: { origin() { throw new Error('database away'); } } }",
    allowed: [{}, SAME ], refused: [{ Origin: 'https://b.example' }],
  },
  {
    name: 'cors: a function', config: "{ cors: (req, done) => done(null, { origin: req.headers.host === 'b.test' ? 'https://a.example' : false }) }",
    allowed: [{ Origin: 'https://a.example', Host: 'b.test' }], refused: [{ Origin: 'https://a.example' }],
  },
  {
    name: 'cors: a function that throws', config: "{ cors() { throw new Error('database away'); } }",
    allowed: [{}, SAME ], refused: [{ Origin: 'https://b.example' }],
  },
  {
    name: 'cors: a function that fails', config: "{ cors: (req, done) => done(new Error('database away')) }",
    allowed: [{}, SAME ], refused: [{ Origin: 'https://b.example' }],
  },
  { name: 'cors.origin: any', config: "{ cors: { origin: '*' } }", allowed: [{ Origin: 'https://b.example' }, { Origin: 'null' }], refused: [] },
  { name: 'cors without origin: any', config: '{ cors: { credentials: true } }', allowed: [{ Origin: 'https://b.example' }], refused: [] },
  { name: 'cors.origin: true', config: '{ cors: { origin: true } }', allowed: [{ Origin: 'https://b.example' }], refused: [] },
  { name: 'cors.origin: false', config: '{ cors: { origin: false } }', allowed: [ SAME ], refused: [{ Origin: 'https://b.example' }] },
  { name: 'cors: false', config: '{ cors: false }', allowed: [ SAME, {}], refused: [{ Origin: 'https://b.example' }] },
  {
    name: 'requireOrigin', config: '{ requireOrigin: true }',
    allowed: [ SAME, { 'Sec-Fetch-Site': 'same-origin' }],
    refused: [{}, { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'none' }, { Origin: 'https://b.example', 'Sec-Fetch-Site': 'same-origin' }],
  },
];

type Run = (server: AttachedServer, warnings: readonly string[], counts: () => Promise<{ origin: number }>) => unknown;

async function withServer(config: string, rest: string, run: Run) {
  await withInlineApp({
    'config/config.default.js': `module.exports = () => ({ keys: 'test keys', ${rest} socketio: ${config} });`,
  }, async ({ app, warnings }, startError) => {
    assert.ifError(startError);
    const server = await attachServer(app);
    try {
      await run(server, warnings, async () => (await app.io.stats()).total.refused);
    } finally {
      server.close();
    }
  });
}

describe('test/security/origin.test.ts', () => {
  for (const { name, config, rest = '', allowed, refused } of CASES) {
    it(name, () => withServer(config, rest, async (server, _warnings, counts) => {
      for (const [ list, isAllowed ] of [[ allowed, true ], [ refused, false ]] as const) {
        for (const one of list) {
          const headers = typeof one === 'function' ? one(server.host) : one;
          check('polling', await server.poll(headers), isAllowed, JSON.stringify(headers));
          check('websocket', await server.upgrade(headers), isAllowed, JSON.stringify(headers));
        }
      }
      assert.equal((await counts()).origin, 2 * refused.length);
    }));
  }

  it('logs which configuration would allow an origin, once a second', () => (
    withServer('{}', '', async (server, warnings) => {
      for (let i = 0; i < 5; i++) await server.upgrade({ Origin: 'https://app.example' });
      const said = () => warnings.filter(line => line.includes('refused a connection of a page'));
      assert.deepEqual(said(), [
        `[egg-socketio] refused a connection of a page from https://app.example to the host ${server.host}.`
        + " If the page may connect, set config.socketio.cors: { origin: [ 'https://app.example' ] }.",
      ]);
    })
  ));

  it('also calls the app\'s allowRequest, for requests that the policy allows', () => (
    withServer("{ cors: { origin: 'https://a.example' }, allowRequest: (req, done) => done('members only', req.headers['x-member'] === 'yes') }", '', async server => {
      const member = { 'X-Member': 'yes' };
      check('polling', await server.poll({ ...member, Origin: 'https://a.example' }), true, 'both');
      check('websocket', await server.upgrade({ ...member, Origin: 'https://b.example' }), false, 'not by the policy');
      assert.deepEqual(await server.poll({ Origin: 'https://a.example' }), { status: 403, body: '{"code":4,"message":"members only"}' });
    })
  ));

  it('refuses each request for a session from a page of another origin, and the session continues for its client', () => (
    withServer('{}', '', async server => {
      const { body } = await server.poll();
      const sid = `&sid=${(JSON.parse(body.slice(1)) as { sid: string }).sid}`;
      const foreign = { Origin: 'https://evil.example' };
      check('websocket', await server.upgrade(foreign, sid), false, 'an upgrade');
      check('polling', await server.poll(foreign, sid), false, 'a poll');
      check('polling', await server.poll(foreign, sid, '40'), false, 'a post');
      check('polling', await server.poll({ 'Sec-Fetch-Site': 'cross-site' }, sid), false, 'a poll by a script tag');
      assert.deepEqual(await server.poll({}, sid, '40'), { status: 200, body: 'ok' });
      assert.match((await server.poll({ Origin: `http://${server.host}` }, sid)).body, /^40/);
      check('websocket', await server.upgrade({}, sid), true, 'an upgrade of its client');
    })
  ));

  it('with requireOrigin, refuses further requests of a session without an Origin too', () => (
    withServer('{ requireOrigin: true }', '', async server => {
      const own = { Origin: `http://${server.host}` };
      const { body } = await server.poll(own);
      const sid = `&sid=${(JSON.parse(body.slice(1)) as { sid: string }).sid}`;
      check('websocket', await server.upgrade({}, sid), false, 'an upgrade');
      check('polling', await server.poll({}, sid, '40'), false, 'a post');
      check('polling', await server.poll(own, sid, '40'), true, 'a post of its client');
      check('websocket', await server.upgrade(own, sid), true, 'an upgrade of its client');
    })
  ));

  for (const [ config, allowed ] of [[ '{}', false ], [ "{ cors: { origin: 'https://a.example' } }", true ]] as const) {
    it(`answers JSONP only to origins that may connect: ${config}`, () => withServer(config, '', async server => {
      for (const [ headers, isAllowed ] of [
        [{}, false ],
        [{ 'Sec-Fetch-Site': 'cross-site' }, false ],
        [{ 'Sec-Fetch-Site': 'same-site' }, false ],
        [{ 'Sec-Fetch-Site': 'same-origin' }, true ],
        [{ Referer: 'https://evil.example/page' }, false ],
        [{ 'Sec-Fetch-Site': 'cross-site', Referer: 'https://evil.example/page' }, false ],
        [{ Referer: `https://evil.example/?http://${server.host}/` }, false ],
        [{ Referer: `http://${server.host}@evil.example/` }, false ],
        [{ Referer: `http://${server.host}/page?a` }, true ],
        [{ 'Sec-Fetch-Site': 'cross-site', Referer: 'https://a.example/page' }, allowed ],
        [{ Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' }, false ],
      ] as [Record<string, string>, boolean][]) {
        check('polling', await server.poll(headers, '&j=0'), isAllowed, JSON.stringify(headers));
      }
    }));
  }

  for (const [ name, config, logs ] of [
    [ 'allowRequest does not call back', '{ allowRequest() {}, limits: { handshakeTimeout: 50 } }', 'config.socketio.allowRequest' ],
    [ 'cors does not call back', '{ cors() {}, limits: { handshakeTimeout: 50 } }', 'config.socketio.cors' ],
    [ 'cors.origin does not call back', '{ cors: { origin() {} }, limits: { handshakeTimeout: 50 } }', 'config.socketio.cors.origin' ],
    [ 'allowRequest throws', "{ allowRequest() { throw new Error('away'); } }", '' ],
    [ 'allowRequest rejects', "{ async allowRequest() { throw new Error('away'); } }", '' ],
    [ 'allowRequest refuses, and then allows', "{ allowRequest(req, done) { done('no', false); done(null, true); } }", '' ],
  ]) {
    it(`refuses a request if ${name}, and keeps serving others`, () => withServer(config, '', async (server, warnings) => {
      for (let i = 0; i < 3; i++) {
        const headers = { Origin: 'https://b.example', Host: name.startsWith('allow') ? 'b.example' : 'a.example' };
        assert.equal((await server.poll(headers)).status, 403);
        assert.equal((await server.upgrade(headers)).status, 400);
      }
      if (logs) assert.ok(warnings.some(line => line.includes(`refused a request because ${logs} did not call back within 50 ms`)), String(warnings));
    }));
  }

  it('uses the first answer of an allowRequest that calls back twice', () => (
    withServer("{ allowRequest(req, done) { done(null, true); done('no', false); } }", '', async server => {
      check('polling', await server.poll(), true, 'twice');
      check('websocket', await server.upgrade(), true, 'twice');
    })
  ));
});
