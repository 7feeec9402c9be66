const OBJECT = 56;
const SLOT = 8;

/**
 * Returns the approximate memory of a value in bytes. It uses a list instead of recursion: with `depth: false`, data may be nested more
 * deeply than the stack allows.
 *
 * @param most - where it stops to count: an object of the app may contain itself
 */
export function sizeOf(data: unknown, most = Infinity): number {
  let bytes = 0;
  const left: unknown[] = [ data ];
  while (left.length > 0 && bytes <= most) {
    const value = left.pop();
    bytes += SLOT;
    if (typeof value === 'string') bytes += value.length;
    if (typeof value !== 'object' || value === null) continue;
    bytes += OBJECT;
    if (ArrayBuffer.isView(value)) bytes += value.byteLength;
    else for (const part of Array.isArray(value) ? value as unknown[] : Object.values(value)) left.push(part);
  }
  return bytes;
}
