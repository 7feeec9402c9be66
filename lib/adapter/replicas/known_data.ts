import { carry } from '../recovery/packed_data';

type Plain = Readonly<Record<string, unknown>>;

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A copy whose parts are all primitive, or plain objects or arrays; `undefined` if other values are in it. */
function copyOf(value: unknown, depth: number): { readonly copy: unknown } | undefined {
  if (typeof value !== 'object' || value === null) return typeof value === 'function' || typeof value === 'symbol' ? undefined : { copy: value };
  if (depth === 0) return undefined;
  if (Array.isArray(value)) {
    const parts = value.map(part => copyOf(part, depth - 1));
    return parts.includes(undefined) ? undefined : { copy: parts.map(part => part!.copy) };
  }
  if (!isPlain(value)) return undefined;
  const parts = Object.entries(value).map(([ key, part ]) => [ key, copyOf(part, depth - 1) ] as const);
  return parts.some(([ , part ]) => !part) ? undefined : { copy: Object.fromEntries(parts.map(([ key, part ]) => [ key, part!.copy ])) };
}

function isSame(value: unknown, copy: unknown): boolean {
  if (Object.is(value, copy)) return true;
  if (typeof value !== 'object' || value === null || typeof copy !== 'object' || copy === null) return false;
  if (Array.isArray(value) !== Array.isArray(copy)) return false;
  let keys = 0;
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    if (!Object.hasOwn(copy, key) || !isSame((value as Plain)[key], (copy as Plain)[key])) return false;
    keys += 1;
  }
  return keys === Object.keys(copy).length;
}

function bytesOf(value: unknown): Buffer | undefined {
  try {
    return carry(value);
  } catch {
    return undefined;
  }
}

/** Deeper values are compared in their encoded form. */
const DEPTH = 4;

/** The data of a client as its replica has it. */
export class KnownData {
  private copy: { readonly copy: unknown } | undefined;
  private bytes: Buffer | undefined;

  constructor(data: unknown) {
    this.copy = copyOf(data, DEPTH);
    if (!this.copy) this.bytes = bytesOf(data);
  }

  /** Whether the app has not changed it. */
  isUnchanged(data: unknown): boolean {
    if (this.copy) return isSame(data, this.copy.copy);
    const bytes = bytesOf(data);
    return bytes === undefined ? this.bytes === undefined : this.bytes !== undefined && bytes.equals(this.bytes);
  }
}
