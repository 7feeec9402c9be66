import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { Claim } from '../../lib/events/once/claim';
import { type Claimed, OnceStore, valuesOf } from '../../lib/events/once/once_store';
import { Siblings } from '../../lib/events/once/siblings';
import { MemoryNetwork, type MemoryPort } from '../support/memory_peers';
import { seedOf } from '../support/seed';

const LIMITS = { keys: 1000, bytes: 1_000_000 };
const KEEP = 60_000;
const PLAYS = 300;
const WORKERS = 4;
const KEYS = [ 'a', 'b', 'c' ];
/** Turns of the event loop. A play that takes longer has an event that waits for ever. */
const MOST_TURNS = 2000;

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Release = ReturnType<MemoryNetwork['hold']>;

/** A worker that handles events once. */
class Worker {
  readonly store: OnceStore;
  isKilled = false;

  constructor(readonly port: MemoryPort, private readonly below: (most: number) => number) {
    this.store = new OnceStore(LIMITS, entries => new Siblings(port, entries));
  }

  /** A killed worker gets no replies, and its questions end with an error. */
  private async claim(key: string): Promise<Claimed | undefined> {
    try {
      return await this.store.claim(key, 'digest', KEEP);
    } catch (error) {
      if (this.isKilled) return undefined;
      throw error;
    }
  }

  /** An event has come: the answer that its client gets, unless the worker is killed before. */
  async handle(key: string, runs: string[]): Promise<unknown> {
    for (let turns = this.below(8); turns > 0; turns--) await setImmediate();
    if (this.isKilled) return undefined;
    const claimed = await this.claim(key);
    if (!claimed || this.isKilled) return undefined;
    if (!(claimed instanceof Claim)) return valuesOf(claimed)[0];
    const answer = `${key} of ${this.port.tag}`;
    runs.push(this.port.tag);
    for (let turns = this.below(8); turns > 0; turns--) await setImmediate();
    if (this.isKilled) return undefined;
    this.store.keep(claimed, [ answer ])();
    return answer;
  }
}

/** Events with the same keys come to all workers, while messages between these are late. */
async function play(seed: number, kills: boolean): Promise<void> {
  const random = randomOf(seed);
  const below = (most: number) => Math.floor(random() * most);
  const network = new MemoryNetwork();
  const workers = Array.from({ length: WORKERS }, (_, i) => new Worker(network.join(`worker-${i}`), below));
  await setImmediate();
  const played = KEYS.map(key => {
    const runs: string[] = [];
    const at = Array.from({ length: 2 * WORKERS }, () => workers[below(WORKERS)]);
    return { key, runs, at, answers: at.map(worker => worker.handle(key, runs)) };
  });
  let over = false;
  const all = Promise.all(played.flatMap(({ answers }) => answers));
  void all.then(() => { over = true; });
  const held = new Map<string, Release>();
  const victim = kills ? workers[below(WORKERS)] : undefined;
  const death = below(12);
  for (let turn = 0; !over && turn < MOST_TURNS; turn++) {
    const [ from, to ] = [ `worker-${below(WORKERS)}`, `worker-${below(WORKERS)}` ];
    const wire = `${from} ${to}`;
    const release = held.get(wire);
    if (release) {
      held.delete(wire);
      release();
    } else if (turn < 40) {
      held.set(wire, network.hold(from, to));
    }
    if (turn === death && victim) {
      victim.isKilled = true;
      network.kill(victim.port.tag);
    }
    await setImmediate();
  }
  for (const release of held.values()) release();
  for (const { key, runs, at, answers } of played) {
    const got = await Promise.all(answers.map(answer => Promise.race([ answer, setImmediate('missing') ])));
    const told = `seed ${seed}, key ${key}, runs ${runs}, answers ${got}`;
    assert.ok(at.every(({ isKilled }, i) => isKilled || got[i] !== 'missing'), told);
    const answered = got.filter(answer => answer !== undefined && answer !== 'missing');
    assert.ok(new Set(answered).size <= 1, told);
    if (!kills) assert.deepEqual([ answered.length, runs.length ], [ answers.length, 1 ], told);
  }
  for (const { store } of workers) store.close();
}

describe('test/cluster/once_store.test.ts', () => {
  const first = seedOf('ONCE_SEED');

  it('one of several workers that get an event with one key at once handles it, in whatever order messages arrive', async () => {
    for (let seed = first; seed < first + PLAYS; seed++) await play(seed, false);
  });

  it('if a worker is killed meanwhile, no client waits for ever, and no two get different answers', async () => {
    for (let seed = first; seed < first + PLAYS; seed++) await play(seed, true);
  });
});
