import type { Socket } from 'socket.io';
import { SocketIOError } from '../../base/errors';
import { sizeOf } from '../../base/size';
import type { Outlet } from './pump';
import { Turns } from './turns';

/** The way of a stream to the ack of a client that does not take items one at a time: all of them, in an array. */
export class Collection implements Outlet {
  private readonly turns = new Turns();
  private readonly items: unknown[] = [];
  private bytes = 0;

  /** @param most - approximate bytes */
  constructor(private readonly most: number) {}

  whenReady(): Promise<void> | undefined { return this.turns.next(); }

  wake(): void { /* It never waits for long. */ }

  send(item: unknown): void {
    this.bytes += sizeOf(item, this.most);
    if (this.bytes > this.most) throw new SocketIOError('STREAM_TOO_LONG', undefined, { details: { limit: this.most, items: this.items.length } });
    this.items.push(item);
  }

  flush(): void { /* The ack has all of them. */ }

  end(): unknown[] {
    return this.items;
  }
}

const DRAINED = Symbol('conn#drained');

/** The parts of a connection that are needed here. */
interface Connection {
  /** Packets that wait until the transport is writable. */
  readonly writeBuffer: readonly unknown[];
  once(event: 'drain', listener: () => void): unknown;
  [DRAINED]?: Promise<void>;
}

/** Resolves when the connection has taken what waits for it; one listener for all streams. */
function drained(conn: Connection): Promise<void> {
  return conn[DRAINED] ??= new Promise(resolve => {
    conn.once('drain', () => {
      conn[DRAINED] = undefined;
      resolve();
    });
  });
}

/** The way of a stream to a client without an ack: nothing but the events of `@WSEmit()`, as fast as the connection takes them. */
export class EventsOnly implements Outlet {
  private readonly turns = new Turns();
  private go: (() => void) | undefined;

  /** @param most - packets that may wait for the connection */
  constructor(private readonly socket: Socket, private readonly most: number) {}

  whenReady(): Promise<void> | undefined {
    const conn = this.socket.conn as unknown as Connection;
    if (conn.writeBuffer.length < this.most) return this.turns.next();
    return new Promise(resolve => {
      this.go = resolve;
      void drained(conn).then(resolve);
    });
  }

  wake(): void {
    this.go?.();
  }

  send(): void { /* The decorators do. */ }

  flush(): void { /* They do not collect them. */ }

  end(): undefined { return undefined; }
}
