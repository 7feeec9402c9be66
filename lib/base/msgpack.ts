import { Packr } from 'msgpackr';

/** Encodes values with msgpack, and decodes them. */
export interface Msgpack {
  pack(value: unknown): Buffer;
  unpack(bytes: Uint8Array): unknown;
  // Socket.IO's adapters call them so.
  encode(value: unknown): Buffer;
  decode(bytes: Uint8Array): unknown;
}

/** How {@link msgpack} encodes what can be encoded in more than one way. */
export interface MsgpackOptions {
  /** Whether to encode Sets, Maps and Errors as such. Default: true */
  readonly moreTypes?: boolean;
  /** Whether to call the `toJSON` of objects. Default: true */
  readonly useToJSON?: boolean;
  /** Whether to use the shortest encoding for the size of an object. Default: false */
  readonly variableMapSize?: boolean;
  /** The type of decoded integers of 64 bits. Default: BigInt */
  readonly int64AsType?: 'number';
}

/**
 * Creates an encoder, without records: those need shared state at both ends.
 *
 * The build writes msgpackr into this file (scripts/bundle.js), so that apps do not install it: it has an optional dependency with an
 * install script, which npm asks about.
 */
export function msgpack(options: MsgpackOptions = {}): Msgpack {
  return new Packr({ useRecords: false, ...options });
}
