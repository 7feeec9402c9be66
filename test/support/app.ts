import mm, { type MockApplication } from 'egg-mock';
import type { ClientOptions, SocketIOTestClient } from 'egg-socketio/mock';
import { mockApp } from './mock_app';

/** What {@link useApp} gives a suite: the app, and clients that are closed with each test. */
export interface AppUnderTest {
  readonly app: MockApplication;
  connect(options?: ClientOptions): Promise<SocketIOTestClient>;
}

/**
 * Starts a fixture of test/fixtures/apps for a suite, and stops it after it.
 *
 * @param name - the fixture's folder
 */
export function useApp(name: string): AppUnderTest {
  let app: MockApplication;
  const clients: SocketIOTestClient[] = [];

  before(async () => {
    app = mockApp({ baseDir: `apps/${name}` });
    await app.ready();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(client => client.close()));
    await mm.restore();
  });
  after(() => app.close());

  return {
    get app() { return app; },
    async connect(options) {
      const client = await app.createSocketIOClient(options);
      clients.push(client);
      return client;
    },
  };
}
