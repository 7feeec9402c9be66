import { decodeEvent, encodeEvent, type Packet, type PacketEncoder, type Parser } from '../internals/packet';

/** Whether JSON and msgpack preserve a value; it may contain a Buffer. */
function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null || Buffer.isBuffer(value)) return true;
  if (Array.isArray(value)) {
    // Not every(), which skips holes.
    for (let i = 0; i < value.length; i++) if (!isPlain(value[i])) return false;
    return true;
  }
  const prototype = Object.getPrototypeOf(value) as unknown;
  if (prototype !== Object.prototype && prototype !== null) return false;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false;
  return Object.values(value).every(isPlain);
}

/** The parts of Socket.IO's namespace that are used here. */
export interface EncodingNamespace {
  readonly name: string;
  readonly server: { readonly encoder: PacketEncoder; readonly _parser: Parser };
}

/**
 * A packet whose data has the same meaning in every encoding. Between servers, the adapters use their own encodings, which treat dates,
 * holes, `toJSON` and typed arrays differently than the way to a client.
 */
export function toPlain<P extends Packet>(packet: P, { name, server }: EncodingNamespace): P {
  if (isPlain(packet.data)) return packet;
  return { ...packet, data: decodeEvent(server._parser, encodeEvent(server.encoder, name, packet.data)) };
}
