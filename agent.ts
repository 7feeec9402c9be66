import type { Agent, IBoot } from 'egg';
import { printingErrorsOnce } from './lib/base/egg_compat';
import { type AgentFramework, agentFrameworkOf } from './lib/boot/agent_framework';
import { isClustered } from './lib/cluster/egg_cluster';
import { checkAgentNames } from './lib/controllers/plan/names';

export default class SocketIOAgentBoot implements IBoot {
  private framework: AgentFramework | undefined;

  constructor(private readonly agent: Agent) {}

  // Egg starts the workers once the agent is ready. Not earlier: in Egg 4 nobody hears yet of what goes wrong.
  async didLoad(): Promise<void> {
    await printingErrorsOnce(this.agent, isClustered(this.agent), async () => {
      this.framework = agentFrameworkOf(this.agent);
      await checkAgentNames(this.agent);
      await this.framework.open();
    });
  }

  async beforeClose(): Promise<void> {
    await this.framework?.close();
  }
}
