import type { ClientOptions, SocketIOTestClient } from '../../../lib/mock/typed';
import type { Calls, Command, Outcome } from './server';

/** One of the servers under test; `prepareServer` has been called in it. */
export interface ServerUnderTest {
  /** Connects a client to this server, and to no other. */
  connect(options?: ClientOptions): Promise<SocketIOTestClient>;
}

/** The servers under test. */
export interface ServersUnderTest {
  readonly servers: readonly ServerUnderTest[];
  close(): Promise<void>;
}

/** An event that a client has got: its name and its arguments. */
export type Event = readonly unknown[];

/** A server under test that does what it is told. */
export class Controlled {
  /** The clients that are connected to it. */
  readonly clients: SocketIOTestClient[] = [];

  constructor(readonly index: number, private readonly server: ServerUnderTest, private readonly control: SocketIOTestClient) {}

  static async of(server: ServerUnderTest, index: number): Promise<Controlled> {
    return new Controlled(index, server, await server.connect({ namespace: '/control', transports: [ 'websocket' ] }));
  }

  /** Connects a client that is in these rooms. */
  async connect(rooms: string[] = [], { auth, ...options }: ClientOptions = {}): Promise<SocketIOTestClient> {
    const client = await this.server.connect({ transports: [ 'websocket' ], ...options, auth: { rooms, data: { at: this.index }, ...auth as object } });
    this.clients.push(client);
    await client.next('ready');
    return client;
  }

  /**
   * Has the server do all of this in one turn.
   *
   * @return what came of the last
   */
  async run(...commands: Command[]): Promise<unknown> {
    const { value, error } = await this.control.sendWithAck<Outcome>('run', commands);
    if (error) throw Object.assign(new Error(error.message), { responses: error.responses });
    return value;
  }

  /** Has the server make these calls on its namespace `/`. */
  async io(...calls: Calls): Promise<unknown> {
    return this.run({ calls });
  }

  /** Waits until the server has noticed that a client is gone. */
  async gone(id: string): Promise<void> {
    await this.control.sendWithAck('gone', id);
  }

  /** Closes its clients. */
  async clear(): Promise<void> {
    const clients = this.clients.splice(0);
    const ids = clients.flatMap(({ id }) => id ?? []);
    await Promise.all(clients.map(client => client.close()));
    await Promise.all(ids.map(id => this.gone(id)));
  }

  async close(): Promise<void> {
    await this.control.close();
  }
}

/** The servers, while a suite runs, and what tests do with all of them. */
export class World {
  servers: Controlled[] = [];
  private under: ServersUnderTest | undefined;
  private markers = 0;

  constructor(private readonly setup: () => Promise<ServersUnderTest>) {}

  /** To be called in a `describe`. */
  use(): void {
    before(async () => {
      this.under = await this.setup();
      this.servers = await Promise.all(this.under.servers.map((server, index) => Controlled.of(server, index)));
    });
    afterEach(() => Promise.all(this.servers.map(server => server.clear())));
    after(async () => {
      await Promise.all(this.servers.map(server => server.close()));
      await this.under?.close();
    });
  }

  /** One client on each server, all in these rooms. */
  async connect(rooms: string[] = [], options?: ClientOptions): Promise<SocketIOTestClient[]> {
    return Promise.all(this.servers.map(server => server.connect(rooms, options)));
  }

  /** What each client has got until a marker that a server sends now: all that this server has sent before, and no more. */
  async heard(from: Controlled, by: readonly SocketIOTestClient[], nsp = '/'): Promise<Event[][]> {
    const marker = `marker-${this.markers += 1}`;
    await from.run({ nsp, calls: [[ 'emit', marker ]] });
    return Promise.all(by.map(async client => {
      await client.next(marker);
      return (client.pending as { event: string; args: unknown[] }[]).splice(0).map(({ event, args }) => [ event, ...args ]);
    }));
  }

  /** What {@link heard} returns for one client on each server if each has got these events. */
  everybody(...events: Event[]): Event[][] {
    return this.servers.map(() => events);
  }
}

/** Has a client ack the event `ask`. */
export function answer(client: SocketIOTestClient, value: unknown): void {
  client.socket.on('ask', (...args) => (args.at(-1) as (ack: unknown) => void)(value));
}

/** Takes the ack of the next event `ask` that a client gets. */
export async function nextAck(client: SocketIOTestClient): Promise<(value: unknown) => void> {
  return (await client.next('ask')).at(-1) as (value: unknown) => void;
}
