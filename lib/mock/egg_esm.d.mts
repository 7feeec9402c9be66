// What mock.ts declares for Egg, once more: see lib/egg_esm.d.mts.
import type { ClientOptions, MockSocketEventOptions, SocketEventResult, SocketIOTestClient } from '../../mock.js';

declare module 'egg' {
  interface Application {
    createSocketIOClient(options?: ClientOptions): Promise<SocketIOTestClient>;
    mockSocketEvent<Ack extends unknown[] = unknown[]>(
      namespace: string, event: string, args?: readonly unknown[], options?: MockSocketEventOptions,
    ): Promise<SocketEventResult<Ack>>;
  }
}
