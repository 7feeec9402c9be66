import type { Agent, IBoot } from 'egg';
import { agentFrameworkOf } from './lib/agent_framework';

export default class SocketIOAgentBoot implements IBoot {
  constructor(private readonly agent: Agent) {}

  configDidLoad(): void {
    agentFrameworkOf(this.agent);
  }

  // Egg starts the workers once the agent is ready.
  async didLoad(): Promise<void> {
    await agentFrameworkOf(this.agent).open();
  }

  async beforeClose(): Promise<void> {
    await agentFrameworkOf(this.agent).close();
  }
}
