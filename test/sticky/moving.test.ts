import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { MovingSessions } from '../../lib/routing/port';
import { RawWebSocket } from '../support/protocol/raw_websocket';
import { assertUnknown, exchange, talk } from '../support/sticky_http';
import { StickySession } from '../support/sticky_session';
import { useStickyCluster } from '../support/sticky_cluster';

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

describe('test/sticky/moving.test.ts', () => {
  const moved = new Map<string, string>();
  const offered: string[][] = [];
  let answer: () => Promise<boolean>;
  const moving: MovingSessions = {
    whereTo: sid => moved.get(sid),
    async upgrade(_req, socket, _head, sid, owner) {
      offered.push([ sid, owner ]);
      const taken = await answer();
      if (taken) socket.end('taken');
      return taken;
    },
  };
  const t = useStickyCluster({}, { moving });

  beforeEach(() => {
    moved.clear();
    offered.length = 0;
    answer = async () => false;
  });

  function upgrade(path: string): string {
    return `GET ${path.replace('polling', 'websocket')} HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`;
  }

  it("offers a sibling's session before it relays its upgrade", async () => {
    const session = await StickySession.open(t.a);
    const socket = await RawWebSocket.open(session.webSocketUrl(t.b));
    assert.equal(await socket.send('2probe').next(), '3probe');
    assert.deepEqual(offered, [[ session.sid, t.a.tag ]]);
    socket.terminate();
  });

  it('does not relay an upgrade whose session was taken over', async () => {
    const session = await StickySession.open(t.a);
    answer = async () => true;
    assert.equal(await talk(t.b.port, upgrade(session.path)), 'taken');
    assert.equal(t.a.asked.length, 1);
  });

  it('closes an upgrade if taking over its session fails, and logs it once', async () => {
    const session = await StickySession.open(t.a);
    answer = () => Promise.reject(new Error('no'));
    for (let i = 0; i < 2; i++) assert.equal(await talk(t.b.port, upgrade(session.path)), '');
    assert.equal(t.b.warnings.length, 1);
  });

  it('handles a client that disconnects meanwhile', async () => {
    const session = await StickySession.open(t.a);
    const offer = new Promise<(taken: boolean) => void>(resolve => {
      answer = () => new Promise<boolean>(done => resolve(done));
    });
    const socket = new WebSocket(session.webSocketUrl(t.b));
    socket.on('error', () => undefined);
    const done = await offer;
    const closed = new Promise(resolve => socket.once('close', resolve));
    socket.terminate();
    await closed;
    done(false);
    await session.connect(t.b);
  });

  it('does not offer an upgrade that is not for a sibling\'s session', async () => {
    const session = await StickySession.open(t.b);
    await (await RawWebSocket.open(session.webSocketUrl(t.b))).close();
    await RawWebSocket.refusal(`${t.b.url}/socket.io/?EIO=4&transport=websocket&sid=nobody`);
    assert.deepEqual(offered, []);
  });

  it('forwards late requests of a session that has moved to its new worker', async () => {
    const sid = `x.${t.a.tag}`;
    moved.set(sid, t.c.tag);
    for (const via of [ t.a, t.b, t.c ]) {
      const asked: IncomingMessage[] = [];
      t.c.front.on('request', (req: IncomingMessage) => asked.push(req));
      assertUnknown(await exchange(`${via.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { localAddress: '127.0.0.9' }));
      assert.deepEqual(asked.map(({ socket }) => socket.remoteAddress), [ '127.0.0.9' ]);
      const arrived = once(t.c.front, 'upgrade');
      assert.deepEqual(await RawWebSocket.refusal(`${via.url}/socket.io/?EIO=4&transport=websocket&sid=${sid}`),
        { status: 400, body: 'Session ID unknown' });
      await arrived;
    }
    assert.equal(t.a.asked.length + t.b.asked.length, 0);
  });
});
