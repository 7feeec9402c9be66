import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { format } from 'node:util';
import type { EggLogger } from 'egg';
import { Heartbeat } from '../../lib/cluster/heartbeat';
import { MemoryNetwork } from '../support/memory_peers';

describe('test/cluster/heartbeat.test.ts', () => {
  const network = new MemoryNetwork();
  const ports = [ network.join('aaaaaaaa'), network.join('bbbbbbbb'), network.join('cccccccc') ];
  const log = new EventEmitter();
  const lines: string[] = [];
  let hearts: Heartbeat[];

  beforeEach(() => {
    lines.length = 0;
    hearts = ports.map((port, i) => {
      const warn = (...args: unknown[]) => {
        lines.push(`${i}: ${format(...args)}`);
        log.emit('line');
      };
      return new Heartbeat(port, tag => ({ tag, pid: 7, endpoint: '' }), { warn } as unknown as EggLogger);
    });
  });
  afterEach(() => { for (const heart of hearts) heart.close(); });

  /** Resolves once each has heard both of the others. */
  async function beaten(): Promise<void> {
    const ways = ports.flatMap(from => ports.filter(to => to !== from).map(to => [ from.tag, to.tag ]));
    await Promise.all(ways.map(([ from, to ]) => network.next(sent => sent.from === from && sent.to === to)));
    await new Promise(resolve => { setImmediate(resolve); });
  }

  it('a worker that is silent for two seconds is logged once by each other worker, and once more when it answers', async () => {
    await beaten();
    const release = network.hold('bbbbbbbb', 'aaaaaaaa');
    await once(log, 'line');
    assert.equal(lines.length, 1);
    assert.match(lines[0], /^0: \[egg-socketio\] worker bbbbbbbb \(pid 7\) has not answered for [23]\d{3} ms: its process is stopped or its event loop is blocked\./);
    await beaten();
    release();
    if (lines.length < 2) await once(log, 'line');
    assert.match(lines[1], /^0: \[egg-socketio\] worker bbbbbbbb \(pid 7\) answers again, after \d{4} ms\.$/);
    await beaten();
    assert.equal(lines.length, 2);
  });

  it('a worker whose own event loop was blocked reports no other worker', async () => {
    await beaten();
    const end = Date.now() + 3500;
    while (Date.now() < end);
    await beaten();
    await beaten();
    assert.deepEqual(lines, []);
  });

  it('a worker that has left is not reported as silent', async () => {
    await beaten();
    network.kill('cccccccc');
    hearts[2].close();
    for (let i = 0; i < 4; i++) await network.next(({ from, to }) => from === 'aaaaaaaa' && to === 'bbbbbbbb');
    assert.deepEqual(lines, []);
  });
});
