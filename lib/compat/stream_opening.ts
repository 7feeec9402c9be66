import { readMessage, STREAM_EVENT } from '../events/streams/wire';

/** Whether a packet is a message about a stream that is open, which is no event for packet middleware. */
export function isOfOpenStream(packet: readonly unknown[]): boolean {
  if (packet[0] !== STREAM_EVENT) return false;
  return readMessage(packet.slice(1))?.op !== 'open';
}

/** A client's message that opens a stream. Packet middleware sees the event of the stream, as it sees one that the client emits. */
export class Opening {
  /** Whether middleware has passed it on. */
  isOpen = false;

  /**
   * @param packet - `[event, ...args]`, with the ack at its end
   * @param head - the message before the event
   * @param middle - the message between the event and its arguments
   */
  private constructor(
    readonly packet: readonly unknown[], private readonly head: readonly unknown[], private readonly middle: readonly unknown[],
  ) {}

  /** @return `undefined` for any other packet */
  static read(packet: readonly unknown[]): Opening | undefined {
    if (packet[0] !== STREAM_EVENT) return undefined;
    const [ name, op, id, event, ...rest ] = packet;
    const middle = op === 'upload' ? rest.splice(0, 1) : [];
    return new Opening([ event, ...rest ], [ name, op, id ], middle);
  }

  /** Returns the message for an event as middleware has left it. */
  open([ event, ...args ]: readonly unknown[]): unknown[] {
    this.isOpen = true;
    return [ ...this.head, event, ...this.middle, ...args ];
  }
}
