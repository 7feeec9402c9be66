import { type IncomingMessage, validateHeaderName, validateHeaderValue } from 'node:http';
import { connect, type Socket } from 'node:net';
import { BusyRetry } from './busy_retry';
import { CLIENT_HEADER, describeClient } from './client_address';
import type { OnUnreachable } from './forwarded_request';
import { endToEndHeaders } from './hop_headers';

/**
 * The head of a forwarded upgrade. It always requests a WebSocket, because the private endpoint also supports protocols that are not for
 * clients. It declares no length: everything after it belongs to the WebSocket.
 *
 * @throws {TypeError} for a header that Node's client would not send
 */
function upgradeHead(req: IncomingMessage): string {
  const headers = [
    CLIENT_HEADER, describeClient(req), ...endToEndHeaders(req), 'Connection', 'Upgrade', 'Upgrade', 'websocket',
  ];
  let head = `${req.method} ${req.url} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    validateHeaderName(headers[i]);
    validateHeaderValue(headers[i], headers[i + 1]);
    head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  }
  return `${head}\r\n`;
}

/** Milliseconds that one side gets to read the remaining data when the other is closed; the same as in `ws`. */
const LINGER = 30_000;

/** Relays upgraded connections to siblings, byte by byte. */
export class UpgradeForwarder {
  /** Clients that are relayed. */
  private readonly clients = new Set<Socket>();

  /**
   * Relays a connection.
   *
   * @param endpoint - the sibling's
   * @param head - the data after the request
   * @param onUnreachable - has to answer, if the sibling cannot be connected to; nothing has been read by then
   */
  forward(endpoint: string, req: IncomingMessage, client: Socket, head: Buffer, onUnreachable: OnUnreachable): void {
    let request: string;
    try {
      request = upgradeHead(req);
    } catch (error) {
      onUnreachable(error as Error);
      return;
    }
    const busy = new BusyRetry();
    let owner: Socket;
    const onClientGone = () => {
      busy.cancel();
      owner.destroy();
    };
    const attempt = () => {
      owner = connect(endpoint);
      owner.once('error', onError);
      owner.once('connect', () => {
        owner.off('error', onError);
        client.off('error', onClientGone);
        client.off('close', onClientGone);
        owner.write(request, 'latin1');
        if (head.length > 0) owner.write(head);
        this.relay(client, owner);
      });
    };
    const onError = (error: NodeJS.ErrnoException) => {
      if (busy.isBusy(error)) {
        busy.later(attempt);
        return;
      }
      client.off('error', onClientGone);
      client.off('close', onClientGone);
      onUnreachable(error);
    };
    client.on('error', onClientGone);
    client.on('close', onClientGone);
    attempt();
  }

  /** Functions that break each relayed connection. */
  get relays(): readonly (() => void)[] {
    return [ ...this.clients ].map(client => () => { client.destroy(); });
  }

  /** The number of currently relayed connections. */
  get relayed(): number {
    return this.clients.size;
  }

  /** Breaks all connections. */
  close(): void {
    for (const client of this.clients) client.destroy();
  }

  private relay(client: Socket, owner: Socket): void {
    client.setTimeout(0);
    client.setNoDelay(true);
    this.clients.add(client);
    client.on('close', () => this.clients.delete(client));
    for (const [ one, other ] of [[ client, owner ], [ owner, client ]]) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.setTimeout(LINGER, () => other.destroy());
        other.destroySoon();
      });
      one.pipe(other);
    }
  }
}
