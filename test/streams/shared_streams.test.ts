import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { KeptStreams } from '../../lib/events/streams/kept_streams';
import { SharedStreams } from '../../lib/events/streams/shared_streams';
import { MemoryNetwork, type MemoryPort } from '../support/memory_peers';

const WINDOW = 16;

function keep(port: MemoryPort): SharedStreams {
  const limits = { keptStreams: 10, keptStreamBytes: 1e6, keptBytes: 1e6, patience: Infinity };
  return new SharedStreams(new KeptStreams(port.tag, limits), port);
}

describe('test/streams/shared_streams.test.ts', () => {
  // With connection state recovery, the packets that a client has missed reach it before those of the stream that it resumes.
  it('a client of another worker that takes items before the stream sends them gets the rest', async () => {
    const network = new MemoryNetwork();
    const [ owner, other ] = [ keep(network.join()), keep(network.join()) ];
    const kept = owner.kept.create('/', { window: WINDOW, resume: 60_000 }, () => undefined);
    for (let n = 1; n <= 40; n++) kept.send(n);
    kept.finish({ end: 40 });

    const arrived: unknown[] = [];
    let answer: unknown;
    const reading = other.read(kept.key, '/', 4, {
      begin: () => undefined,
      items: (_first, items) => { arrived.push(...items); },
      end: value => { answer = value; },
    });
    // It says so once in half a window.
    for (const taken of [ 12, 20, 28 ]) {
      reading.take(taken);
      while (arrived.length < Math.min(40, taken + WINDOW) - 3) await setImmediate();
    }
    while (answer === undefined) await setImmediate();
    assert.deepEqual(arrived, Array.from({ length: 37 }, (_, i) => i + 4));
    assert.deepEqual(answer, { end: 40 });
  });
});
