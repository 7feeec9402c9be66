import type { Application, IBoot } from 'egg';
import { beforeAnythingCloses, printingErrorsOnce } from './lib/base/egg_compat';
import { frameworkOf } from './lib/boot/framework';
import { stopAtInterrupt } from './lib/boot/shutdown';
import { isClustered } from './lib/cluster/egg_cluster';
import { closeAfterInvalidHttp } from './lib/routing/invalid_http';

export default class SocketIOAppBoot implements IBoot {
  constructor(private readonly app: Application) {}

  configWillLoad(): void {
    closeAfterInvalidHttp(this.app);
  }

  configDidLoad(): void {
    const framework = frameworkOf(this.app);
    framework.attach();
    if (isClustered(this.app)) stopAtInterrupt();
    beforeAnythingCloses(this.app, () => framework.stop());
  }

  // Not earlier: what the app's own didLoad puts on `app` may be injected too.
  async willReady(): Promise<void> {
    await printingErrorsOnce(this.app, isClustered(this.app), () => frameworkOf(this.app).start());
  }

  async beforeClose(): Promise<void> {
    await frameworkOf(this.app).close();
  }
}
