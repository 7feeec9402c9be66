import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { Server } from 'socket.io';
import * as msgpackParser from 'socket.io-msgpack-parser';
import { RecoversOnce } from './differences';
import type { Settings } from './settings';
import type { AppSpec } from './story';

const { listen } = require('./behaviour') as { listen(io: Server, spec: AppSpec): void };

/** Plain Socket.IO in this process. */
export class PlainServer {
  private constructor(private readonly io: Server, readonly url: string, private readonly connections: Set<Socket>) {}

  static async start(spec: AppSpec, { recovery, parser }: Settings): Promise<PlainServer> {
    const http = createServer();
    const io = new Server(http, {
      allowEIO3: true,
      ...recovery && { connectionStateRecovery: {}, adapter: RecoversOnce }, ...parser === 'msgpack' && { parser: msgpackParser },
    });
    listen(io, spec);
    const connections = new Set<Socket>();
    http.on('connection', connection => {
      connections.add(connection);
      connection.once('close', () => connections.delete(connection));
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return new PlainServer(io, `http://127.0.0.1:${(http.address() as AddressInfo).port}`, connections);
  }

  async stop(): Promise<void> {
    const closed = this.io.close();
    // What a client has left open would be waited for.
    for (const connection of this.connections) connection.destroy();
    await closed;
  }
}
