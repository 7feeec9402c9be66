import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { startupError } from './errors';

/** The HTTP server of `config.socketio.port`, which has nothing but Socket.IO. */
export class OwnServer {
  readonly http = createServer((_req, res) => {
    res.writeHead(404).end();
  });

  /** Where it listens, if it does. */
  get port(): number | undefined {
    return (this.http.address() as AddressInfo | null)?.port;
  }

  /** @throws {SocketIOError} `PORT_UNAVAILABLE` */
  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.http.once('error', cause => reject(startupError('PORT_UNAVAILABLE',
        `config.socketio.port: cannot listen on port ${port}: ${cause.message}. Choose a free port, or remove the option to share Egg's.`, cause)));
      this.http.listen(port, resolve);
    });
  }

  async close(): Promise<void> {
    this.http.closeAllConnections();
    if (this.http.listening) await promisify(this.http.close).call(this.http);
  }
}
