import type { Application, IBoot } from 'egg';
import { History } from './app/lib/history';

declare module 'egg' {
  interface Application {
    /** What was said in the rooms. */
    history: History;
  }
}

export default class ChatBoot implements IBoot {
  constructor(private readonly app: Application) {}

  // The plugin links the workers in its willReady, beside which one of ours would run. So we listen before that …
  async didLoad(): Promise<void> {
    this.app.history = new History(this.app.io, this.app.config.chat);
  }

  // … and ask after it.
  async didReady(): Promise<void> {
    await this.app.history.catchUp();
  }
}
