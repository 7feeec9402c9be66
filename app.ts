import type { Application, IBoot } from 'egg';
import { beforeAnythingCloses } from './lib/base/egg_compat';
import { frameworkOf } from './lib/boot/framework';
import { closeAfterInvalidHttp } from './lib/routing/invalid_http';

export default class SocketIOAppBoot implements IBoot {
  constructor(private readonly app: Application) {}

  configWillLoad(): void {
    closeAfterInvalidHttp(this.app);
  }

  configDidLoad(): void {
    const framework = frameworkOf(this.app);
    framework.attach();
    beforeAnythingCloses(this.app, () => framework.stop());
  }

  // Not earlier: what the app's own didLoad puts on `app` may be injected too.
  async willReady(): Promise<void> {
    await frameworkOf(this.app).start();
  }

  async beforeClose(): Promise<void> {
    await frameworkOf(this.app).close();
  }
}
