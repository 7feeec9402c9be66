import type { EggLogger } from 'egg';
import { type AgentEmitter, type AgentEmitterOptions, createAgentEmitter } from '../adapter/agent_emitter';
import { Directory } from '../cluster/directory';
import type { Rendezvous } from '../cluster/rendezvous';

/** The agent's part in an app of many workers: it keeps the directory of who lives, and can speak to all clients. */
export class ClusterAgent {
  readonly io: AgentEmitter;
  private readonly directory: Directory;

  constructor(logger: EggLogger, rendezvous: Rendezvous, options: AgentEmitterOptions) {
    this.directory = new Directory(rendezvous, logger);
    this.io = createAgentEmitter(this.directory, options);
  }

  /** Starts to keep the directory; to be awaited before the first worker is started. */
  async open(): Promise<void> {
    await this.directory.open();
  }

  async close(): Promise<void> {
    await this.directory.close();
  }
}
