import { type Socket as EngineSocket, Transport } from 'engine.io';
import type { SimulatedProcess } from './socket';

interface Packet { readonly type: string; readonly data?: unknown }

/** The parts of a session and of a transport that are not in Engine.IO's types. */
interface Upgradable { upgrading: boolean; _maybeUpgrade(transport: Transport): void }

/** A request of a client for its session. */
export function requestFor(sid: string) {
  return { method: 'GET', url: `/socket.io/?EIO=4&transport=polling&sid=${sid}`, headers: {}, rawHeaders: [], _query: { EIO: '4' }, connection: {}, socket: {} };
}

/** A transport of Engine.IO whose client is in the same process. */
export class SimulatedTransport extends Transport {
  override writable = false;
  /** The processes through which it goes; without one of them, it is broken. */
  readonly through = new Set<SimulatedProcess>();
  readonly handlesUpgrades = true;
  readonly supportsFraming = true;

  /** @param onPackets - gets what the server writes; a client that polls is only written to while its poll is open */
  constructor(readonly name: 'polling' | 'websocket', private readonly onPackets: (packets: readonly Packet[]) => void) {
    super(requestFor('') as never);
    this.writable = name === 'websocket';
  }

  /** Whether the server has closed it, or is gone. */
  get isClosed(): boolean {
    return this.readyState === 'closed' || [ ...this.through ].some(({ isAlive }) => !isAlive);
  }

  /** The client's poll arrives. */
  poll(): void {
    this.writable = true;
    this.emit('ready');
  }

  /** The client sends a packet. */
  receive(packet: Packet): void {
    this.emit('packet', packet);
  }

  /** The client's connection is gone. */
  breakOff(): void {
    this.onClose();
  }

  /** A WebSocket arrives at the worker that has the session. */
  upgrade(session: EngineSocket | undefined): void {
    const upgradable = session as unknown as Upgradable | undefined;
    if (!upgradable || upgradable.upgrading || session!.transport.name !== 'polling') this.onClose();
    else upgradable._maybeUpgrade(this);
  }

  override send(packets: readonly Packet[]): void {
    this.writable = this.name === 'websocket';
    if (!this.isClosed) this.onPackets(packets);
    this.emit('drain');
  }

  override doClose(done?: () => void): void {
    this.onClose();
    done?.();
  }
}
