import type { EggLogger } from 'egg';
import { Directory } from '../../../lib/cluster/directory';
import type { SimulatedMachine } from './machine';
import { SimulatedProcess } from './socket';

const NO_LOGGER = { error: () => undefined, warn: () => undefined } as unknown as EggLogger;

/** The agent, with the plugin's real directory. */
export class SimulatedAgent {
  readonly process = new SimulatedProcess('agent');
  private readonly directory: Directory;

  constructor(private readonly machine: SimulatedMachine) {
    this.directory = new Directory(machine.rendezvousOf(this.process), NO_LOGGER);
  }

  get isAlive(): boolean { return this.process.isAlive; }

  async open(): Promise<void> {
    await this.directory.open();
  }

  kill(): void {
    this.machine.kill(this.process);
  }
}
