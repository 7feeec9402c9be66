import type { Application } from 'egg';
import { startSending } from './sending';

export default class Boot {
  private stop: (() => void) | undefined;

  constructor(private readonly app: Application) {}

  async serverDidReady(): Promise<void> {
    this.stop = startSending(this.app.io);
  }

  async beforeClose(): Promise<void> {
    this.stop?.();
  }
}
