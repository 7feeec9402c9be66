import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { Retirement } from '../../lib/routing/retirement';
import { MemoryNetwork } from '../support/memory_peers';
import { RawWebSocket } from '../support/protocol/raw_websocket';
import { begin, exchange } from '../support/sticky_http';
import { useStickyCluster } from '../support/sticky_cluster';
import { StickySession } from '../support/sticky_session';

const HANDSHAKE = '/socket.io/?EIO=4&transport=polling';

describe('test/sticky/retirement.test.ts', () => {
  const t = useStickyCluster();
  let retirements: Retirement[];
  let network: MemoryNetwork;
  let stopped: string[];

  beforeEach(() => {
    network = new MemoryNetwork();
    stopped = [];
    retirements = t.all.map(({ tag, io, router }) => new Retirement(io.engine as never, router, network.join(tag)));
  });
  afterEach(() => retirements.forEach(retirement => retirement.close()));

  function retire(...members: typeof t.all): void {
    for (const member of members) retirements[t.all.indexOf(member)].start(() => stopped.push(member.tag));
  }

  /** Timers of one length fire in the order in which they were started: all that began before have had their turn. */
  async function round(): Promise<void> {
    const marker = new MemoryNetwork();
    const alone = new Retirement(t.a.io.engine as never, t.a.router, marker.join(t.a.tag));
    marker.join(t.b.tag);
    await new Promise<void>(resolve => alone.start(resolve));
    alone.close();
  }

  /** The tag of the member to which a new session that comes to `via` is brought. */
  async function homeOf(via: { url: string }): Promise<string> {
    const { body } = await exchange(via.url + HANDSHAKE);
    return JSON.parse(body.slice(1)).sid.split('.')[1];
  }

  it("answers the polls of siblings' clients, whose sessions continue through another worker", async () => {
    const session = await (await StickySession.open(t.a)).connect(t.b);
    const { answer } = await begin(session.url(t.b));
    retire(t.b);
    const { status, body, headers } = await answer;
    assert.deepEqual([ status, body, headers.connection ], [ 200, '6', 'close' ]);
    await session.send(t.c, '420["echo",1]');
    assert.deepEqual(await session.poll(t.c), [ '430[1]' ]);
    await t.b.router.idle();
  });

  it('answers polls that come while it stops', async () => {
    const session = await (await StickySession.open(t.a)).connect(t.b);
    retire(t.b);
    for (let i = 0; i < 3; i++) assert.deepEqual(await session.poll(t.b), [ '6' ]);
    await session.send(t.b, '420["echo",1]');
    assert.deepEqual(await session.poll(t.b), [ '430[1]' ]);
  });

  it('asks its clients to leave their connections', async () => {
    const agent = new Agent({ keepAlive: true });
    const session = await (await StickySession.open(t.a, agent)).connect(t.b);
    assert.notEqual((await session.post(t.b, '420["echo",1]')).headers.connection, 'close');
    retire(t.b);
    assert.equal((await session.post(t.b, '420["echo",1]')).headers.connection, 'close');
    agent.destroy();
  });

  it('sends new clients to siblings that stay', async () => {
    retire(t.b);
    const home = await homeOf(t.b);
    assert.ok([ t.a.tag, t.c.tag ].includes(home), home);
    retire(t.a);
    // Its word to the others is on its way.
    while (await homeOf(t.b) !== t.c.tag) { /* Not there yet. */ }
    for (let i = 0; i < 20; i++) assert.equal(await homeOf(t.b), t.c.tag);
  });

  it('knows whether a sibling stays', async () => {
    const [ , stopping ] = retirements;
    assert.ok(stopping.othersStay);
    retire(t.b, t.a);
    await round();
    assert.ok(stopping.othersStay);
    retire(t.c);
    while (stopping.othersStay) await round();
    assert.ok(stopping.isSucceeded, 'new clients may be on their way to a sibling');
  });

  it('sends new clients to a sibling that stays, even if it was itself started during the stop of others', async () => {
    retire(t.a, t.c);
    retirements[2].finish();
    const late = await t.add('dddddddd', {});
    const retirement = new Retirement(late.io.engine as never, late.router, network.join(late.tag));
    retirements.push(retirement);
    await round();
    retirement.start(() => stopped.push(late.tag));
    for (let i = 0; i < 20; i++) assert.equal(await homeOf(late), t.b.tag);
    retire(t.b);
    retirement.finish();
    for (const i of [ 0, 1 ]) retirements[i].finish();
    await retirement.avoided;
  });

  it("no longer relays or takes over siblings' sessions", async () => {
    const session = await StickySession.open(t.a);
    retire(t.b);
    assert.deepEqual(await RawWebSocket.refusal(session.webSocketUrl(t.b)), { status: 400, body: 'Session ID unknown' });
    await session.connect(t.b);
  });

  it('stops listening once, and only if a sibling stays', async () => {
    retire(t.a, t.b, t.c);
    await round();
    assert.deepEqual(stopped, []);
    network.join('dddddddd');
    await round();
    await round();
    assert.deepEqual(stopped.sort(), t.all.map(({ tag }) => tag));
  });

  it('if no sibling stays, waits until all have closed their connections, as their last responses may pass through it', async () => {
    retire(t.a, t.b, t.c);
    let avoided = false;
    void retirements[0].avoided.then(() => { avoided = true; });
    retirements[0].finish();
    retirements[1].finish();
    await round();
    await round();
    assert.equal(avoided, false);
    retirements[2].finish();
    await retirements[0].avoided;
  });

  it('waits for requests under way', async () => {
    const session = await (await StickySession.open(t.a)).connect(t.b);
    const { answer } = await begin(session.url(t.b));
    let idle = false;
    const waiting = t.b.router.idle().then(() => { idle = true; });
    await exchange(t.b.url + HANDSHAKE);
    assert.equal(idle, false);
    retire(t.b);
    await Promise.all([ waiting, answer ]);
    assert.equal(idle, true);
  });

  it('lists the connections that it relays, each of which can be closed', async () => {
    const session = await StickySession.open(t.a);
    const socket = await RawWebSocket.open(session.webSocketUrl(t.b));
    assert.equal(await socket.send('2probe').next(), '3probe');
    const [ relay, ...more ] = t.b.router.relays;
    assert.equal(more.length, 0);
    assert.deepEqual(t.a.router.relays, []);
    relay();
    await socket.closed;
    assert.deepEqual(t.b.router.relays, []);
  });
});
