import assert from 'node:assert/strict';
import { io, type Socket } from 'socket.io-client';
import { ClusterProcess } from '../support/cluster_process';
import { residentBytes } from '../support/process_memory';
import { RawWebSocket } from '../support/protocol/raw_websocket';
import { exchange } from '../support/sticky_http';

const ATTACKERS = 4;
const POSTS = 75;
/** The default of `maxHttpBufferSize` is a million bytes. */
const POST = `42["who","${'x'.repeat(999_900)}"]`;
const MOST_BYTES = 200_000_000;

/** A client that sends numbered broadcasts, and notes which ones of whom it has heard. */
class Speaker {
  readonly heard = new Map<string, number[]>();
  sent = 0;
  private onHeard: (() => void) | undefined;

  private constructor(readonly socket: Socket, readonly pid: number) {
    socket.on('said', (text: string) => {
      const [ from, number ] = text.split(' ');
      if (!this.heard.has(from)) this.heard.set(from, []);
      this.heard.get(from)!.push(Number(number));
      this.onHeard?.();
    });
  }

  static async connect(url: string): Promise<Speaker> {
    const socket = io(url, { transports: [ 'websocket' ], forceNew: true, reconnection: false });
    return new Speaker(socket, await socket.emitWithAck('pid'));
  }

  get id(): string { return this.socket.id!; }

  async say(): Promise<void> {
    await this.socket.timeout(60_000).emitWithAck('say', `${this.id} ${this.sent}`);
    this.sent += 1;
  }

  /** Waits until it has heard the last broadcast of another. */
  async hearLastOf(other: Speaker): Promise<void> {
    while (this.heard.get(other.id)?.at(-1) !== other.sent - 1) {
      assert.ok(this.socket.connected);
      await new Promise<void>(resolve => { this.onHeard = resolve; });
    }
  }
}

/** Has a sibling reserve a session, posts into it, and then has it taken over; the session may be closed at any time. */
async function attack(port: number, onPosts: () => void): Promise<void> {
  const polling = `http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await exchange(polling)).body.slice(1)) as { sid: string };
  const socket = await RawWebSocket.open(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
  await exchange(`${polling}&sid=${sid}`, { method: 'POST' }, '40');
  for (let i = 0; i < POSTS; i++) {
    await exchange(`${polling}&sid=${sid}`, { method: 'POST' }, POST).catch(() => undefined);
    if (i % 10 === 0) onPosts();
  }
  socket.send('2probe', '5');
  await exchange(`${polling}&sid=${sid}`).catch(() => undefined);
  onPosts();
  socket.terminate();
}

describe('test/security/reserved_sessions.test.ts', function() {
  this.timeout(180_000);
  let cluster: ClusterProcess;
  const speakers: Speaker[] = [];
  before(async () => { cluster = await ClusterProcess.start({ fixture: 'identity', workers: 2 }); });
  after(async () => {
    for (const { socket } of speakers) socket.close();
    await cluster.stop();
  });

  it(`${POSTS} messages of 1 MB posted into each of ${ATTACKERS} sessions that are reserved for another worker lose no broadcast between workers and use bounded memory`, async () => {
    // As many as it takes: connections go to the workers in turn.
    while (new Set(speakers.map(({ pid }) => pid)).size < 2 || speakers.length < 4) speakers.push(await Speaker.connect(cluster.url));
    const pids = [ ...new Set(speakers.map(({ pid }) => pid)) ];
    const before = pids.map(residentBytes);
    let most = 0;
    let isOver = false;
    const speaking = speakers.map(async speaker => { do await speaker.say(); while (!isOver); });
    try {
      for (let i = 0; i < ATTACKERS; i++) {
        await attack(cluster.port, () => {
          for (const [ at, pid ] of pids.entries()) most = Math.max(most, residentBytes(pid) - before[at]);
        });
      }
    } finally {
      isOver = true;
    }
    await Promise.all(speaking);

    for (const listener of speakers) {
      for (const speaker of speakers) {
        await listener.hearLastOf(speaker);
        assert.deepEqual(listener.heard.get(speaker.id), Array.from({ length: speaker.sent }, (_, i) => i));
      }
    }
    assert.ok(most < MOST_BYTES, `a worker has taken ${most} bytes more`);
    assert.ok(!cluster.news.some(({ what }) => what === 'worker died'));
  });
});
