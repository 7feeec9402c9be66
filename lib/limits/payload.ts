const SEPARATOR = '\x1e';
/** The byte that ends the length of a packet in a binary payload of protocol 3. */
const END_OF_LENGTH = 255;
/** The number of digits of a length that Engine.IO reads. */
const MOST_DIGITS = 310;

/** Packets in sequence, with a character between them (protocol 4). */
function countSeparated(payload: string, enough: number): number {
  let count = 1;
  for (let at = payload.indexOf(SEPARATOR); at >= 0 && count <= enough; at = payload.indexOf(SEPARATOR, at + 1)) count += 1;
  return count;
}

/** Packets in sequence, each after its length and a colon (protocol 3). */
function countWithLengths(payload: string, enough: number): number {
  let count = 0;
  for (let at = 0; at < payload.length && count <= enough; count++) {
    const colon = payload.indexOf(':', at);
    const length = Number(payload.slice(at, colon));
    // Engine.IO rejects the rest.
    if (colon < 0 || colon - at > MOST_DIGITS || !(length >= 0)) return count;
    at = colon + 1 + length;
  }
  return count;
}

/** The same in binary: a byte for the kind, the digits of the length, a byte 255. */
function countBinary(payload: Buffer, enough: number): number {
  let count = 0;
  for (let at = 0; at < payload.length && count <= enough; count++) {
    const end = payload.indexOf(END_OF_LENGTH, at + 1);
    if (end < 0 || end - at > MOST_DIGITS) return count;
    at = end + 1 + (Number.parseInt(payload.subarray(at + 1, end).join(''), 10) || 0);
  }
  return count;
}

/**
 * Returns the number of Engine.IO packets in a polling payload.
 *
 * @param protocol - Engine.IO's, 3 or 4
 * @param enough - beyond this number the result is not exact
 * @see https://socket.io/docs/v4/engine-io-protocol/#http-long-polling-1
 */
export function countPackets(payload: string | Buffer, protocol: number, enough: number): number {
  if (typeof payload !== 'string') return countBinary(payload, enough);
  return protocol === 3 ? countWithLengths(payload, enough) : countSeparated(payload, enough);
}
