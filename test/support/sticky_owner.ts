import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';

/** An owner that speaks no HTTP of its own accord: a test decides about each connection, and sees each byte. */
export class RawOwner {
  readonly connections: Socket[] = [];
  private readonly server: Server;

  private constructor(private readonly onData: (connection: Socket, data: string, index: number) => void) {
    this.server = createServer(connection => {
      const index = this.connections.push(connection) - 1;
      connection.on('error', () => undefined);
      connection.on('data', data => this.onData(connection, data.toString('latin1'), index));
    });
  }

  /**
   * Listens on the endpoint of a tag.
   *
   * @param onData - hears what arrives, and on which connection
   */
  static async listen(folder: string, tag: string, onData: RawOwner['onData'], backlog?: number): Promise<RawOwner> {
    const owner = new RawOwner(onData);
    owner.server.listen({ path: path.join(folder, `${tag}.sock`), backlog });
    await once(owner.server, 'listening');
    return owner;
  }

  close(): void {
    this.server.close();
    for (const connection of this.connections) connection.destroy();
  }
}
