import type { Agent, IBoot } from 'egg';
import { checkOptions } from './lib/options';

export default class SocketIOAgentBoot implements IBoot {
  constructor(private readonly agent: Agent) {}

  // The agent starts before the workers: a wrong option is said once, and not by each of them.
  configDidLoad(): void {
    checkOptions(this.agent.config.socketio);
  }
}
