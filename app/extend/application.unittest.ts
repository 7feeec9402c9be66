import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Application as EggApplication } from 'egg';
import { beforeClose } from '../../lib/base/egg_compat';
import { frameworkOf } from '../../lib/boot/framework';
import { answerTest, isCalledByEggMock } from '../../lib/mock/answer_test';
import type { MockSocketEventOptions, SocketEventResult } from '../../lib/mock/event_types';
import { REMOTE_METHOD } from '../../lib/mock/remote';
import { mockSocketEvent } from '../../lib/mock/socket_event';
import { type ClientOptions, TestClient } from '../../lib/mock/test_client';

const TEST_PORT = Symbol('Application#socketioTestPort');

/**
 * A second server for tests, because supertest opens and closes its server with every request. It passes everything to the app, and
 * Socket.IO's path to Socket.IO.
 */
async function openTestPort(app: EggApplication): Promise<number> {
  const server = createServer(app.callback());
  frameworkOf(app).attachTo(server);
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve); });
  // Not awaited: the server closes once its WebSockets have, and those are closed after this.
  beforeClose(app, () => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

export default {
  async createSocketIOClient(options: ClientOptions = {}): Promise<TestClient> {
    const app = this as unknown as EggApplication & { [TEST_PORT]?: Promise<number> };
    await app.ready();
    const framework = frameworkOf(app);
    const port = framework.port ?? await (app[TEST_PORT] ??= openTestPort(app));
    // This process seldom trusts the certificate of a test.
    const secure: ClientOptions = framework.secure ? { protocol: 'https', rejectUnauthorized: false } : {};
    return new TestClient({ port, path: framework.path, ...secure, ...options }).connect();
  },

  // Not async: egg-mock passes thrown errors to a test in another process, but not rejections.
  mockSocketEvent(
    namespace: string, event: string, args?: readonly unknown[], options?: MockSocketEventOptions,
  ): Promise<SocketEventResult> {
    const app = this as unknown as EggApplication;
    if (isCalledByEggMock(app)) throw new Error("app.mockSocketEvent() of mm.cluster() needs import 'egg-socketio/mock' before mm.cluster() is called.");
    return mockSocketEvent(app, namespace, event, args, options);
  },

  [REMOTE_METHOD](packed: string): void {
    answerTest(this as unknown as EggApplication, packed);
  },
};
