// `npm run histories -- [--seed N] [--minutes N] [--clients N] [--workers N] [--act NAME] [--redis] [--order after]
// [--compressed]`: a load and a villain on real processes.
import { parseArgs } from 'node:util';
import { countEach, playHistories } from './run';
import { RedisServer } from '../redis';
import { type Act, ACTS, REDIS_ACTS } from './villain';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: `${Math.floor(Math.random() * 2 ** 31)}` },
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '198' },
    workers: { type: 'string', default: '4' },
    /** Whether the app uses Redis streams. */
    redis: { type: 'boolean', default: false },
    /** Whether the connections of clients are compressed. */
    compressed: { type: 'boolean', default: false },
    /** That of `connectionStateRecovery.replicas`. */
    order: { type: 'string', default: 'before' },
    /** Only this, once. */
    act: { type: 'string' },
  },
});

/** The acts until the time is over, or one. */
function acts(): (random: () => number) => Act | undefined {
  if (values.act !== undefined) {
    const once = [ values.act as Act ];
    return () => once.pop();
  }
  const all = values.redis ? REDIS_ACTS : ACTS;
  const over = performance.now() + Number(values.minutes) * 60_000;
  return random => (performance.now() < over ? all[Math.floor(random() * all.length)] : undefined);
}

async function main(): Promise<void> {
  const seed = Number(values.seed);
  console.log('seed %d', seed);
  const redis = values.redis ? await RedisServer.start() : undefined;
  const { faults, log, deeds, ...sums } = await playHistories({
    seed, workers: Number(values.workers), clients: Number(values.clients), pace: 1000, longestPause: 8000, next: acts(),
    log: console.log, redis, order: values.order as 'before' | 'after', compressed: values.compressed,
  });
  await redis?.close();
  console.log('%d deeds, %o', deeds.length, sums);
  if (faults.length === 0) return;
  // Of each fault, without its numbers: how often.
  const kinds = countEach(faults.map(fault => fault.split('\n')[0].replace(/\d+/g, '…')));
  const again = `npm run histories -- --seed ${seed}${redis ? ' --redis' : ''}${values.order === 'after' ? ' --order after' : ''}${values.compressed ? ' --compressed' : ''}`;
  console.error('%s\n\n%s', log, faults.slice(0, 10).join('\n\n'));
  console.error('%o', kinds);
  console.error('%d fault(s); once more with: %s', faults.length, again);
  process.exitCode = 1;
}

void main();
