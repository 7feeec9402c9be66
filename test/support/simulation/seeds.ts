import assert from 'node:assert/strict';
import { seedOf } from '../seed';

/** The first seed that a test plays. */
export const FIRST = seedOf('SIMULATION_SEED');

interface SimulatedWorld<Outcome> {
  /** The steps until now. */
  readonly history: readonly string[];
  run(steps: number): Promise<Outcome>;
}

/** Plays the world of a seed. A failure has all steps, and the command that repeats it. */
export async function play<Outcome>(world: SimulatedWorld<Outcome>, seed: number, steps: number): Promise<Outcome> {
  try {
    const outcome = await world.run(steps);
    if (process.env.SIMULATION_HISTORY) console.log(world.history.join('\n'));
    return outcome;
  } catch (error) {
    const command = `npm run simulate -- --seed ${seed}`;
    throw new Error(`seed ${seed}: ${(error as Error).message}\n${world.history.join('\n')}\nTo see it again: ${command}`, { cause: error });
  }
}

/**
 * Tests that the simulation finds each of these faults.
 *
 * @param faults - functions that put a fault in, by its name
 * @param play - plays a seed; rejects if it finds the fault
 * @param most - the number of seeds within which each fault is found
 */
export function findsFaults(
  faults: Readonly<Record<string, () => void>>, play: (seed: number, fault: string) => Promise<unknown>, most: number,
): void {
  for (const [ fault, put ] of Object.entries(faults)) {
    it(`finds a fault that is put in: ${fault}`, async function() {
      this.timeout(1_000_000);
      put();
      for (let seed = FIRST; seed < FIRST + most; seed++) {
        const isFound = await play(seed, fault).then(() => false, () => true);
        if (isFound) {
          console.log('      found with %d seeds', seed - FIRST + 1);
          return;
        }
      }
      assert.fail(`not found with ${most} seeds`);
    });
  }
}
