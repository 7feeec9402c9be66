import { once } from 'node:events';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { ClusterProcess } from '../support/cluster_process';

export const WORKERS = 3;

/** The app with streams of rows, in several workers, for the tests of one suite. */
export class WorkersApp {
  cluster!: ClusterProcess;
  private readonly sockets: Socket[] = [];

  /** Call it in `describe()`. */
  constructor(recovery: boolean) {
    before(async () => {
      this.cluster = await ClusterProcess.start({ workers: WORKERS, variables: { WORKERS_RECOVERY: String(recovery) } });
    });
    afterEach(() => { for (const socket of this.sockets.splice(0)) socket.disconnect(); });
    after(() => this.cluster.stop());
  }

  /** Connects a client, which is disconnected after the test. */
  async connect(options: Partial<ManagerOptions & SocketOptions>): Promise<Socket> {
    const socket: Socket = io(`${this.cluster.url}/rows`, { ...options, forceNew: true });
    this.sockets.push(socket);
    await once(socket as never, 'connect');
    return socket;
  }
}
