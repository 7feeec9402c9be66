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
    name: 'without cors: the own host, and who has no origin',
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

  it('says in the log which line of configuration would allow a page, once a second', () => (
    withServer('{}', '', async (server, warnings) => {
      for (let i = 0; i < 5; i++) await server.upgrade({ Origin: 'https://app.example' });
      const said = () => warnings.filter(line => line.includes('refused a connection of a page'));
      assert.deepEqual(said(), [
        `[egg-socketio] refused a connection of a page from https://app.example to the host ${server.host}.`
        + " If the page may connect, set config.socketio.cors: { origin: [ 'https://app.example' ] }.",
      ]);
    })
  ));

  it('asks allowRequest of the app too, about those that the policy lets in', () => (
    withServer("{ cors: { origin: 'https://a.example' }, allowRequest: (req, done) => done('members only', req.headers['x-member'] === 'yes') }", '', async server => {
      const member = { 'X-Member': 'yes' };
      check('polling', await server.poll({ ...member, Origin: 'https://a.example' }), true, 'both');
      check('websocket', await server.upgrade({ ...member, Origin: 'https://b.example' }), false, 'not by the policy');
      assert.deepEqual(await server.poll({ Origin: 'https://a.example' }), { status: 403, body: '{"code":4,"message":"members only"}' });
    })
  ));
});
