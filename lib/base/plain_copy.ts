/** Numbers that fit into the encoding. */
const LEAST_BIGINT = -(2n ** 63n);
const MOST_BIGINT = 2n ** 64n - 1n;

function bytesOf(value: ArrayBuffer | ArrayBufferView): Buffer {
  return value instanceof ArrayBuffer ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function copyObject(value: object, within: ReadonlySet<object>): unknown {
  if (value instanceof Date) return value;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return bytesOf(value);
  if (value instanceof Number || value instanceof String || value instanceof Boolean || value instanceof BigInt) return value.valueOf();
  if (value instanceof RegExp) return String(value);
  if (within.has(value)) throw new Error('contains itself');
  const further = new Set(within).add(value);
  const copy = (part: unknown) => copyWithin(part, further);
  if (Array.isArray(value)) return Array.from(value, copy);
  if (value instanceof Set) return [ ...value ].map(copy);
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return copy(toJSON.call(value));
  const entries: [ string, unknown ][] = value instanceof Map
    ? [ ...value ].map(([ key, part ]) => [ String(key), part ]) : Object.entries(value);
  if (value instanceof Error) entries.unshift([ 'name', value.name ], [ 'message', value.message ]);
  return Object.fromEntries(entries.map(([ key, part ]) => [ key, copy(part) ]));
}

function copyWithin(value: unknown, within: ReadonlySet<object>): unknown {
  switch (typeof value) {
    case 'function':
    case 'symbol':
      return undefined;
    case 'bigint':
      if (value < LEAST_BIGINT || value > MOST_BIGINT) throw new Error('a BigInt of more than 64 bits');
      return value;
    case 'object':
      return value === null ? null : copyObject(value, within);
    default:
      return value;
  }
}

/**
 * Converts an app's value to its form on another worker, on any path. Events for clients are encoded by Socket.IO instead.
 *
 * @throws if it contains itself, or a BigInt that is too large
 * @see docs/many-workers.md#what-arrives-changed
 */
export function plainCopy(value: unknown): unknown {
  return copyWithin(value, new Set());
}
