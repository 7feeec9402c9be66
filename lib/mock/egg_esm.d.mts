// Repeats the declarations of mock.ts for Egg: see lib/boot/egg_esm.d.mts.
import type { ClientOf, ClientOptionsFor, MockSocketEvent } from './typed.js';

declare module 'egg' {
  interface Application {
    createSocketIOClient<const Namespace extends string = '/'>(options?: ClientOptionsFor<Namespace>): Promise<ClientOf<Namespace>>;
    mockSocketEvent: MockSocketEvent;
  }
}
