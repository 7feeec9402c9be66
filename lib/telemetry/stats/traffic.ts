import type { Transport } from 'engine.io';
import type { Stats } from '../../types/stats';

/** The byte counters of a connection. */
interface Connection { readonly bytesRead?: number; readonly bytesWritten?: number }

/** An Engine.IO session. */
interface Session {
  readonly transport: { readonly name: string; readonly socket?: { readonly _socket?: Connection | null } };
}

/** The used part of a polling transport that is not in Engine.IO's types. */
interface Polling {
  doWrite(data: string | Buffer, options: unknown, callback: unknown): void;
}

type Send = (this: Transport, packets: unknown[]) => void;

const own = (transport: unknown) => Object.getPrototypeOf(transport) as unknown;

/** The bytes of a WebSocket, which Node.js itself counts; none for a `wsEngine` that hides its connection. */
function bytesOf({ transport: { name, socket } }: Session): { received: number; sent: number } {
  const { bytesRead: received = 0, bytesWritten: sent = 0 } = (name === 'websocket' && socket?._socket) || {};
  return { received, sent };
}

/**
 * Counts what clients send and get. A packet costs an addition, where it passes the plugin anyway; the bytes of a WebSocket cost nothing,
 * because they are read from its connection when somebody asks, and at its end.
 */
export class Traffic {
  readonly received = { packets: { polling: 0, websocket: 0 }, pollingBytes: 0 };
  readonly sent = { packets: { polling: 0, websocket: 0 }, pollingBytes: 0 };
  /** The bytes of the WebSockets that have ended. */
  private readonly ended = { received: 0, sent: 0 };
  private readonly polling = this.createPolling();

  /** Counts what a new transport sends; that of a WebSocket is counted where it is written. */
  watch(transport: Transport): void {
    if (transport.name === 'polling') Object.assign(transport as unknown as Polling, this.polling);
  }

  /** A session has ended, and is no longer among those of {@link figures}. */
  end(session: unknown): void {
    const { received, sent } = bytesOf(session as Session);
    this.ended.received += received;
    this.ended.sent += sent;
  }

  /** @param sessions - those that are open */
  figures(sessions: readonly unknown[]): Stats['traffic'] {
    const { received, sent, ended } = this;
    const bytes = { ...ended };
    for (const session of sessions) {
      const open = bytesOf(session as Session);
      bytes.received += open.received;
      bytes.sent += open.sent;
    }
    return {
      polling: {
        packetsReceived: received.packets.polling, packetsSent: sent.packets.polling,
        bytesReceived: received.pollingBytes, bytesSent: sent.pollingBytes,
      },
      websocket: {
        packetsReceived: received.packets.websocket, packetsSent: sent.packets.websocket,
        bytesReceived: bytes.received, bytesSent: bytes.sent,
      },
    };
  }

  private createPolling(): { send: Send } & Polling {
    const { sent } = this;
    return {
      send(packets) {
        sent.packets.polling += packets.length;
        (own(this) as { send: Send }).send.call(this, packets);
      },
      doWrite(data, options, callback) {
        sent.pollingBytes += Buffer.byteLength(data);
        (own(this) as Polling).doWrite.call(this, data, options, callback);
      },
    };
  }
}
