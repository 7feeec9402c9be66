import type { EggLogger } from 'egg';
import { type AgentEmitter, type AgentEmitterOptions, createAgentEmitter } from '../adapter/agent_emitter';
import { Directory } from '../cluster/directory';
import type { Rendezvous } from '../cluster/rendezvous';

/** The agent's part in an app with several workers: it keeps the directory of live workers, and can emit to all clients. */
export class ClusterAgent {
  readonly io: AgentEmitter;
  private readonly directory: Directory;

  constructor(logger: EggLogger, rendezvous: Rendezvous, options: AgentEmitterOptions) {
    this.directory = new Directory(rendezvous, logger);
    this.io = createAgentEmitter(this.directory, options);
  }

  /** Starts the directory; await it before the first worker is started. */
  async open(): Promise<void> {
    await this.directory.open();
  }

  async close(): Promise<void> {
    await this.directory.close();
  }
}
