import type { StickyWorker } from './sticky_worker';
import { SimulatedTransport } from './transport';

/** A client of Engine.IO and Socket.IO that begins with polling and upgrades. */
export class StickyClient {
  sid = '';
  /** Its worker, and the one that its WebSocket has reached. */
  owner: StickyWorker | undefined;
  via: StickyWorker | undefined;
  /** Whether it uses its WebSocket. */
  isUpgraded = false;
  /** Whether it was told that its session is over, or has left. */
  isOver = true;
  /** How often Socket.IO has accepted it. */
  connects = 0;
  /** The number of the last message that it has sent, and those that Socket.IO has got. */
  sent = 0;
  received: number[] = [];
  private polling!: SimulatedTransport;
  private webSocket: SimulatedTransport | undefined;
  private isPolling = false;
  private isProbed = false;

  /**
   * @param onTold - called when it is told that its session is over
   * @param connect - its CONNECT packet
   */
  constructor(readonly name: string, private readonly onTold: (client: StickyClient) => void, private readonly connect = '0') {}

  begin(owner: StickyWorker): void {
    Object.assign(this, {
      owner, via: undefined, webSocket: undefined, isUpgraded: false, isOver: false, isPolling: false, isProbed: false,
      connects: 0, sent: 0, received: [],
    });
    const polling = this.polling = new SimulatedTransport('polling', packets => {
      if (this.polling !== polling) return;
      this.isPolling = false;
      this.take(packets);
    });
    polling.through.add(owner.process);
    this.sid = owner.handshake(this.polling);
    this.poll();
    this.transport.receive({ type: 'message', data: this.connect });
  }

  /** Opens a WebSocket at a worker. */
  openWebSocket(via: StickyWorker, ownerOf: (tag: string) => StickyWorker | undefined): void {
    if (this.webSocket || this.isOver) return;
    this.via = via;
    this.isProbed = false;
    const webSocket = this.webSocket = new SimulatedTransport('websocket', packets => {
      if (this.webSocket === webSocket) this.take(packets);
    });
    webSocket.through.add(via.process);
    void via.upgrade(this.sid, this.webSocket, ownerOf);
  }

  /** Sends what it can send next on its WebSocket; polls if it has no poll open. */
  go(): void {
    if (this.isOver) return;
    this.look();
    const { webSocket } = this;
    if (!this.isUpgraded && webSocket && webSocket.listenerCount('packet') > 0) {
      if (!this.isProbed) webSocket.receive({ type: 'ping', data: 'probe' });
      else if (!this.isPolling) {
        this.isUpgraded = true;
        webSocket.receive({ type: 'upgrade' });
        return;
      }
    }
    if (!this.isUpgraded && !this.isPolling && !this.isProbed && !this.isOver) this.poll();
  }

  say(): void {
    // A client that is about to upgrade sends nothing by polling any more.
    if (this.isOver || this.connects === 0 || (this.isProbed && !this.isUpgraded)) return;
    this.sent += 1;
    this.transport.receive({ type: 'message', data: `2["say",${this.sent}]` });
  }

  leave(): void {
    this.isOver = true;
    this.webSocket?.breakOff();
    this.polling.breakOff();
  }

  /** Notices what has happened to its connections. */
  look(): void {
    if (this.isOver) return;
    const { webSocket } = this;
    if (this.isUpgraded) {
      if (webSocket!.isClosed) this.end();
      return;
    }
    if (this.polling.isClosed) {
      webSocket?.breakOff();
      this.end();
    } else if (webSocket?.isClosed) {
      webSocket.breakOff();
      this.webSocket = undefined;
      this.isProbed = false;
    }
  }

  private end(): void {
    this.isOver = true;
    this.onTold(this);
  }

  private get transport(): SimulatedTransport {
    return this.isUpgraded ? this.webSocket! : this.polling;
  }

  private poll(): void {
    this.isPolling = true;
    this.polling.poll();
  }

  private take(packets: readonly { type: string; data?: unknown }[]): void {
    for (const { type, data } of packets) {
      if (type === 'pong' && data === 'probe') this.isProbed = true;
      else if (type === 'message' && String(data).startsWith('0')) this.connects += 1;
      else if (type === 'ping') this.transport.receive({ type: 'pong' });
    }
  }
}
