import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** The number of requests that may wait on a connection before reading it stops. */
const MOST_WAITING = 16;

interface Turn {
  readonly req: IncomingMessage;
  readonly start: () => void;
  readonly onGone: () => void;
}

/** The requests of one connection that are to be forwarded, in order of arrival. */
class ClientConnection {
  private readonly waiting: Turn[] = [];
  private isBusy = false;
  private isPaused = false;

  constructor(private readonly socket: Socket, private readonly mostWaiting: number) {}

  take(turn: Turn): void {
    if (!this.isBusy) {
      this.isBusy = true;
      turn.start();
      return;
    }
    turn.req.once('close', turn.onGone);
    this.waiting.push(turn);
    if (this.waiting.length < this.mostWaiting || this.isPaused) return;
    this.isPaused = true;
    // Node.js continues reading whenever it has sent a response.
    this.socket.on('resume', this.pause);
    this.pause();
  }

  next(): void {
    const turn = this.waiting.shift();
    this.isBusy = turn !== undefined;
    if (turn) {
      turn.req.off('close', turn.onGone);
      turn.start();
    }
    if (!this.isPaused || this.waiting.length > 0) return;
    this.isPaused = false;
    this.socket.off('resume', this.pause);
    this.socket.resume();
  }

  leave(gone: Turn): void {
    const at = this.waiting.indexOf(gone);
    if (at >= 0) this.waiting.splice(at, 1);
  }

  private readonly pause = (): void => { this.socket.pause(); };
}

/**
 * Forwards one request at a time for each client connection. A client may send thousands without waiting for a response, and each of them
 * would take a connection to a sibling, although they are answered one after the other anyway.
 */
export class ClientTurns {
  private readonly connections = new WeakMap<Socket, ClientConnection>();

  /** @param mostWaiting - requests that wait on a connection before it is not read any more */
  constructor(private readonly mostWaiting = MOST_WAITING) {}

  /**
   * Waits for the turn of a request.
   *
   * @param start - called when it has come; call {@link next} after that
   * @param onGone - called instead, if the client leaves first
   */
  take(req: IncomingMessage, start: () => void, onGone: () => void): void {
    const { socket } = req;
    let connection = this.connections.get(socket);
    if (!connection) this.connections.set(socket, connection = new ClientConnection(socket, this.mostWaiting));
    const turn: Turn = {
      req, start,
      onGone: () => {
        connection.leave(turn);
        onGone();
      },
    };
    connection.take(turn);
  }

  /** Gives the turn to the next request on a connection. */
  next(socket: Socket): void {
    this.connections.get(socket)?.next();
  }
}
