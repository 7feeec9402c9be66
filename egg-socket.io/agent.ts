import type { Agent, IBoot } from 'egg';
import { printingErrorsOnce } from '../lib/base/egg_compat';
import { isClustered } from '../lib/cluster/egg_cluster';
import { ConfigMove } from '../lib/compat/config_move';

export default class IOAgentBoot implements IBoot {
  private readonly move: ConfigMove;

  constructor(private readonly agent: Agent) {
    this.move = new ConfigMove(agent);
  }

  configWillLoad(): void {
    this.move.run();
  }

  async didLoad(): Promise<void> {
    const { agent } = this;
    await printingErrorsOnce(agent, isClustered(agent), async () => this.move.report({ warn: isClustered(agent) }));
  }
}
