import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RawWebSocket } from '../support/protocol/raw_websocket';
import { assertUnknown, begin } from '../support/sticky_http';
import { StickyProcess } from '../support/sticky_process';
import { StickySession } from '../support/sticky_session';

const CLIENTS = 60;
const MESSAGES = 30;

describe('test/sticky/processes.test.ts', () => {
  let folder: string;
  let workers: StickyProcess[];

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sticky-'));
    workers = await Promise.all([ 'aaaaaaaa', 'bbbbbbbb', 'cccccccc' ].map(tag => StickyProcess.start(tag, folder)));
  });
  after(async () => {
    await Promise.all(workers.map(worker => worker.kill()));
    rmSync(folder, { recursive: true, force: true });
  });

  function anyone(): StickyProcess {
    return workers[Math.floor(Math.random() * workers.length)];
  }

  /** A client that sends one message after the other, and closes; its requests go to whichever worker. */
  async function converse(agent: Agent, client: number): Promise<string[]> {
    const session = await (await StickySession.open(anyone(), agent)).connect(anyone());
    const acks: string[] = [];
    let onAck: (() => void) | undefined;
    const polling = (async () => {
      while (acks.length < MESSAGES) {
        acks.push(...await session.poll(anyone()));
        onAck?.();
      }
    })();
    for (let i = 0; i < MESSAGES; i++) {
      const acked = new Promise<void>(resolve => { onAck = resolve; });
      await session.send(anyone(), `42${i}["echo",${client},${i},"${'x'.repeat(i * 50)}"]`);
      if (acks.length <= i) await acked;
    }
    await polling;
    // Sent first, and known to be there: which of two requests on two ways comes first, a busy machine decides.
    const poll = await begin(session.url(anyone()));
    await session.send(anyone(), '1');
    const { status, body } = await poll.answer;
    assert.deepEqual([ status, body ], [ 200, '6' ]);
    assertUnknown(await session.get(anyone()));
    return acks;
  }

  it(`${CLIENTS} polling clients send ${MESSAGES} messages each to whichever worker, and each is answered once, in order`, async () => {
    const agent = new Agent({ keepAlive: true });
    try {
      const all = await Promise.all(Array.from({ length: CLIENTS }, (_, client) => converse(agent, client)));
      for (const [ client, acks ] of all.entries()) {
        assert.deepEqual(acks, acks.map((_, i) => `43${i}[${client},${i},"${'x'.repeat(i * 50)}"]`));
        assert.equal(acks.length, MESSAGES);
      }
    } finally {
      agent.destroy();
    }
  });

  it('clients of a dead worker are told at once, and other clients are not affected', async () => {
    const [ a, b, c ] = workers;
    const [ dying, relayed, living ] = [ await StickySession.open(a), await StickySession.open(a), await StickySession.open(c) ];
    const poll = await begin(dying.url(b));
    const post = await begin(dying.url(c), { method: 'POST', headers: { 'content-length': 100 } });
    const other = await begin(living.url(b));
    const socket = await RawWebSocket.open(relayed.webSocketUrl(b));
    assert.equal(await socket.send('2probe').next(), '3probe');
    await a.kill();
    assertUnknown(await poll.answer);
    assertUnknown(await post.answer);
    assertUnknown(await dying.get(b));
    assertUnknown(await dying.post(c, '40'));
    assert.equal(await socket.closed, 1006);
    assert.deepEqual(await RawWebSocket.refusal(relayed.webSocketUrl(b)), { status: 400, body: 'Session ID unknown' });
    await living.send(b, '40');
    assert.match((await other.answer).body, /^40/);
    await StickySession.open(b);
  });
});
