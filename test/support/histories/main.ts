// `npm run histories -- [--seed N] [--minutes N] [--clients N] [--workers N] [--act NAME]`: plays a load and a villain on real processes.
import { parseArgs } from 'node:util';
import { playHistories } from './run';
import { type Act, ACTS } from './villain';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: `${Math.floor(Math.random() * 2 ** 31)}` },
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '198' },
    workers: { type: 'string', default: '4' },
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
  const over = performance.now() + Number(values.minutes) * 60_000;
  return random => (performance.now() < over ? ACTS[Math.floor(random() * ACTS.length)] : undefined);
}

async function main(): Promise<void> {
  const seed = Number(values.seed);
  console.log('seed %d', seed);
  const { faults, log, deeds, ...sums } = await playHistories({
    seed, workers: Number(values.workers), clients: Number(values.clients), pace: 1000, longestPause: 8000, next: acts(), log: console.log,
  });
  console.log('%d deeds, %o', deeds.length, sums);
  if (faults.length === 0) return;
  console.error('%s\n\n%s\n\n%d fault(s); once more with: npm run histories -- --seed %d', log, faults.slice(0, 10).join('\n\n'), faults.length, seed);
  process.exitCode = 1;
}

void main();
