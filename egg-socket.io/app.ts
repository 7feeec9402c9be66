import type { Application, IBoot } from 'egg';
import { printingErrorsOnce } from '../lib/base/egg_compat';
import { isClustered } from '../lib/cluster/egg_cluster';
import { Compat } from '../lib/compat/compat';
import { ConfigMove } from '../lib/compat/config_move';

export default class IOAppBoot implements IBoot {
  private readonly compat: Compat;
  private readonly move: ConfigMove;

  constructor(private readonly app: Application) {
    this.compat = new Compat(app);
    this.move = new ConfigMove(app);
  }

  // Before the plugin socketio reads its options.
  configWillLoad(): void {
    this.move.run();
  }

  configDidLoad(): void {
    this.compat.open();
  }

  async didLoad(): Promise<void> {
    const { app } = this;
    // With an agent process, that warns once for all workers.
    await printingErrorsOnce(app, isClustered(app), async () => this.move.report({ warn: !isClustered(app) }));
  }
}
