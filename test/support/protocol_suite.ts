import { useRawClients } from './protocol/clients';
import { engineClose } from './protocol/engine_close';
import { engineExchange } from './protocol/engine_exchange';
import { engineHandshake } from './protocol/engine_handshake';
import { engineUpgrade } from './protocol/engine_upgrade';
import { socketIO } from './protocol/socket_io';
import type { RunningServer } from './server';

/**
 * The public behaviour of Engine.IO v4 and Socket.IO v5, told to a server with plain HTTP and WebSocket. The server
 * has to run test/fixtures/apps/protocol, on as many workers as it likes.
 *
 * @param name - how the server is started, for the report
 * @param start - starts it
 */
export function protocolSuite(name: string, start: () => Promise<Pick<RunningServer, 'url' | 'stop'>>): void {
  describe(name, () => {
    let server: Pick<RunningServer, 'url' | 'stop'> | undefined;
    before(async () => { server = await start(); });
    after(() => server?.stop());
    const clients = useRawClients(() => server!.url);

    describe('Engine.IO', () => {
      engineHandshake(clients);
      engineExchange(clients);
      engineUpgrade(clients);
      engineClose(clients);
    });
    describe('Socket.IO', () => socketIO(clients));
  });
}
