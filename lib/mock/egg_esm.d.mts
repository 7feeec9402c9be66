// Repeats the declarations of mock.ts for Egg: see lib/boot/egg_esm.d.mts.
import type { CreateSocketIOClient, MockSocketEvent } from './typed.js';

declare module 'egg' {
  interface Application {
    createSocketIOClient: CreateSocketIOClient;
    mockSocketEvent: MockSocketEvent;
  }
}
