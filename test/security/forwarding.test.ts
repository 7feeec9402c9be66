import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MarkedClient } from '../support/forwarding/marked_client';
import { asOneOfSeveral, LARGEST_BODY, oddRequests, type OddRequest, toExchange } from '../support/forwarding/odd_requests';
import { agree, answersOf, type Door } from '../support/forwarding/raw_answers';
import { needsNginx, startNginx } from '../support/nginx';
import { seedOf } from '../support/seed';
import { type RunningServer, startCluster } from '../support/server';
import { exchange, talk } from '../support/sticky_http';
import { StickySession } from '../support/sticky_session';
import { useStickyCluster } from '../support/sticky_cluster';

/** Requests that are made up in all; each is made to several servers. */
const REQUESTS = Number(process.env.FORWARDING_REQUESTS ?? 700);
const SEED = seedOf('FORWARDING_SEED');
/** Connections at a time. */
const AT_ONCE = 20;
/** The share that is made to real processes. */
const SHARE = 0.2;

/** What one client sends: a request, or a few behind each other. It then depends on the time what becomes of an upgrade. */
const conversations = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(oddRequests) },
  { weight: 1, arbitrary: fc.array(oddRequests.map(asOneOfSeveral), { minLength: 2, maxLength: 4 }) },
);

interface Compared extends Door {
  readonly name: string;
  /** A session of which a poll is answered at once. */
  open(): Promise<string>;
  /** An id that nobody has, of a worker that there is. */
  unknown(): string;
}

async function queriesFor(requests: readonly OddRequest[], { open, unknown }: Compared): Promise<string[]> {
  return Promise.all(requests.map(async ({ session }) => {
    if (session === 'none') return '';
    return `&sid=${session === 'live' ? await open() : unknown()}`;
  }));
}

/** Makes up requests, makes them to all servers, and asserts that each answers as the first one does. */
async function compare(requests: number, servers: readonly Compared[]): Promise<void> {
  console.log(`        FORWARDING_SEED=${SEED}`);
  const property = fc.asyncProperty(fc.array(conversations, { minLength: AT_ONCE, maxLength: AT_ONCE }), async clients => {
    await Promise.all(clients.map(async client => {
      const [ expected, ...others ] = await Promise.all(servers.map(async server => {
        const queries = await queriesFor(client, server);
        return { name: server.name, answers: await answersOf(server, toExchange(client, queries)) };
      }));
      for (const { name, answers } of others) {
        assert.ok(agree(answers, expected.answers),
          `${name} answers ${JSON.stringify(answers)}, and ${expected.name} ${JSON.stringify(expected.answers)}, to ${JSON.stringify(toExchange(client, client.map(() => '')).bytes.replace(/(h:\r\n){9,}/g, '(h)').replace(/(.)\1{99,}/g, '$1…'))}`);
      }
    }));
  });
  // Without the generated values, which are long, and with the cause, which a reporter in another process does not have.
  await fc.assert(property, { seed: SEED, numRuns: Math.ceil(requests / AT_ONCE), endOnFailure: true }).catch((error: Error) => {
    throw new Error(`FORWARDING_SEED=${SEED}: ${(error.cause as Error | undefined)?.message ?? error.message}`);
  });
}

describe('test/security/forwarding.test.ts', () => {
  describe('a worker answers an unusual request for a sibling\'s session like the owner, and other clients are not affected', () => {
    const t = useStickyCluster({ maxHttpBufferSize: LARGEST_BODY, pingInterval: 600_000 });

    it(`${REQUESTS} clients, in one process`, async function() {
      this.timeout(120_000 + REQUESTS * 20);
      const open = async () => (await (await StickySession.open(t.a)).send(t.a, '40')).sid;
      const unknown = () => `x.${t.a.tag}`;
      const victims = await Promise.all([ MarkedClient.connect('of the same worker', t.a.url), MarkedClient.connect('of another worker', t.b.url) ]);
      const viaOther = await (await StickySession.open(t.a)).connect(t.b);
      let isOver = false;
      const polling = (async () => {
        for (let i = 0; !isOver; i++) {
          await viaOther.send(t.b, `42${i}["echo","mark ${i}"]`);
          assert.deepEqual(await viaOther.poll(t.b), [ `43${i}["mark ${i}"]` ]);
        }
      })();
      polling.catch(() => undefined);
      try {
        await compare(REQUESTS, [{ name: 'the owner', port: t.a.port, open, unknown }, { name: 'another worker', port: t.b.port, open, unknown }]);
      } finally {
        isOver = true;
      }
      await polling;
      for (const victim of victims) await victim.finish();
      assert.deepEqual(t.a.warnings, []);
    });
  });

  describe('one worker and several answer an unusual request alike, and other clients are not affected', () => {
    const startServers = (starts: Record<string, () => Promise<RunningServer>>) => {
      const running: RunningServer[] = [];
      after(async () => { await Promise.all(running.map(server => server.stop())); });
      it(Object.keys(starts).join(', '), async function() {
        this.timeout(300_000 + REQUESTS * 40);
        running.push(...await Promise.all(Object.values(starts).map(start => start())));
        const victims = await Promise.all(running.flatMap(({ url }, i) => [
          ...[ `polls ${i}`, `polls as well ${i}` ].map(mark => MarkedClient.connect(mark, url)),
          MarkedClient.connect(`has a WebSocket ${i}`, url, 'websocket'),
        ]));
        const servers = await Promise.all(running.map(async ({ url }, i) => {
          const open = async () => {
            const { body } = await exchange(`${url}/socket.io/?EIO=4&transport=polling`);
            const { sid } = JSON.parse(body.slice(1)) as { sid: string };
            await exchange(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: 'POST' }, '40');
            return sid;
          };
          const tag = (await open()).split('.').at(-1)!;
          return { name: Object.keys(starts)[i], port: Number(new URL(url).port), open, unknown: () => `x.${tag}` };
        }));
        await compare(REQUESTS * SHARE, servers);
        for (const victim of victims) await victim.finish();
      });

      it("serve Egg's routes to a client that offers an upgrade to HTTP/2", async () => {
        for (const { url } of running) {
          const head = 'Host: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n';
          const body = '{"a":1}';
          const answer = await talk(Number(new URL(url).port),
            `POST /egg HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
          assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*\{"method":"POST","body":\{"a":1\}/);
        }
      });
    };

    startServers({
      'one worker': () => startCluster('forwarding', 1),
      'four workers': () => startCluster('forwarding', 4),
      'three worker threads': () => startCluster('forwarding', 3, { threads: true }),
    });

    describe('behind nginx', () => {
      needsNginx();
      startServers({
        'nginx before one worker': async () => startNginx(await startCluster('forwarding', 1)),
        'nginx before four workers': async () => startNginx(await startCluster('forwarding', 4)),
      });
    });
  });
});
