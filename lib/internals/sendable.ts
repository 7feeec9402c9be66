import * as socketIOParser from 'socket.io-parser';

/** The reason why a value cannot be sent, and its place. */
interface Obstacle {
  readonly what: string;
  readonly advice: string;
  path: string;
}

/** Values that change on their way, by the tag of `Object.prototype.toString`. */
const ADVICE: Readonly<Record<string, string>> = {
  Map: 'send [ ...map ] or Object.fromEntries(map)',
  Set: 'send [ ...set ]',
  Blob: 'send Buffer.from(await blob.arrayBuffer())',
  File: 'send Buffer.from(await file.arrayBuffer())',
  RegExp: 'send its source',
};
const FLEETING = 'send its items, in an array or one event each';

function nameOf(value: object): string {
  const name = Object.prototype.toString.call(value).slice(8, -1);
  if (name !== 'Object') return name;
  return (value.constructor as { name?: unknown } | undefined)?.name as string || name;
}

function isFunction(value: object, key: string): boolean {
  return typeof (value as Record<string, unknown>)[key] === 'function';
}

/** Values that run or stream, and so cannot be sent by any parser. */
function fleeting(value: object): Obstacle | undefined {
  if (isFunction(value, 'then')) return { what: 'a Promise', advice: 'await it', path: '' };
  if (isFunction(value, 'pipe') || isFunction(value, 'getReader')) return { what: `a stream (${nameOf(value)})`, advice: FLEETING, path: '' };
  if (isFunction(value, 'next') && (Symbol.iterator in value || Symbol.asyncIterator in value)) {
    return { what: `an iterator (${nameOf(value)})`, advice: FLEETING, path: '' };
  }
  return undefined;
}

function hasOwnKeys(value: object): boolean {
  for (const key in value) {
    if (Object.hasOwn(value, key)) return true;
  }
  return false;
}

/** Whether a value keeps its content in getters or internal slots, which JSON ignores. */
function isHidden(value: object): boolean {
  if (hasOwnKeys(value) || value instanceof Number || value instanceof String || value instanceof Boolean) return false;
  if (value instanceof WeakMap || value instanceof WeakSet || Symbol.iterator in value) return true;
  let proto = Object.getPrototypeOf(value) as object | null;
  while (proto && proto !== Object.prototype) {
    if (Object.values(Object.getOwnPropertyDescriptors(proto)).some(({ get }) => get)) return true;
    proto = Object.getPrototypeOf(proto) as object | null;
  }
  return false;
}

/** Values of which JSON would make something else: `{}`, or less than there is. */
function lost(value: object): Obstacle | undefined {
  if (value instanceof Error) return { what: `an Error (${nameOf(value)})`, advice: 'throw it, or send its message', path: '' };
  if (!isHidden(value) && !(value instanceof Blob)) return undefined;
  const name = nameOf(value);
  return { what: `a ${name}`, advice: ADVICE[name] ?? 'it would arrive as {}; send its contents', path: '' };
}

function stepTo(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`;
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/**
 * Looks for values that cannot be sent. It runs for each packet: it allocates nothing unless it finds something, and iterates over
 * objects without a class like Socket.IO's own search for binary values.
 */
class Search {
  /** The objects that contain the current one. */
  private readonly above: object[] = [];

  /** @param isJSON - whether the parser is Socket.IO's own, and not the app's, which may be able to send more */
  constructor(private readonly isJSON: boolean) {}

  in(value: unknown): Obstacle | undefined {
    const { length } = this.above;
    try {
      return this.look(value);
    } finally {
      // A getter has thrown.
      this.above.length = length;
    }
  }

  private look(value: unknown): Obstacle | undefined {
    switch (typeof value) {
      case 'object':
        return value === null ? undefined : this.lookInto(value);
      case 'function':
      case 'symbol':
        return this.isJSON ? { what: `a ${typeof value}`, advice: 'leave it out', path: '' } : undefined;
      case 'bigint':
        if (!this.isJSON || typeof (value as { toJSON?: unknown }).toJSON === 'function') return undefined;
        return { what: 'a BigInt', advice: 'send it as a string', path: '' };
      default:
        return undefined;
    }
  }

  private lookInto(value: object): Obstacle | undefined {
    const { above, isJSON } = this;
    if (above.includes(value)) return isJSON ? { what: 'a circular reference', advice: 'leave it out', path: '' } : undefined;
    if (Array.isArray(value)) {
      above.push(value);
      for (let i = 0; i < value.length; i++) {
        const found = this.look(value[i]);
        if (found) return at(i, found);
      }
      above.pop();
      return undefined;
    }
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || isFunction(value, 'toJSON')) return undefined;
    const proto: unknown = Object.getPrototypeOf(value);
    const found = proto === Object.prototype || proto === null ? undefined : fleeting(value) ?? (isJSON ? lost(value) : undefined);
    return found ?? this.lookAtKeys(value as Record<string, unknown>);
  }

  private lookAtKeys(value: Record<string, unknown>): Obstacle | undefined {
    this.above.push(value);
    let leftOut: string | undefined;
    let isEmpty = true;
    for (const key in value) {
      if (!Object.hasOwn(value, key)) continue;
      const each = value[key];
      if (typeof each === 'function' || typeof each === 'symbol') {
        leftOut ??= key;
        continue;
      }
      if (each !== undefined) isEmpty = false;
      const found = this.look(each);
      if (found) return at(key, found);
    }
    this.above.pop();
    // JSON leaves them out, which is well known, unless nothing remains.
    return isEmpty && leftOut !== undefined ? at(leftOut, this.look(value[leftOut])) : undefined;
  }
}

function at(key: string | number, found: Obstacle | undefined): Obstacle | undefined {
  if (found) found.path = stepTo(key) + found.path;
  return found;
}

const SEARCH = { json: new Search(true), other: new Search(false) };

/** Thrown by an emit or an ack of a value that cannot be sent. */
export class UnsendableError extends TypeError {
  /** The value, its place, and a hint. */
  readonly reason: string;

  /** @param part - the part of the packet in which the path begins; empty for the first argument */
  constructor(packet: string, private readonly obstacle: Obstacle, part: string) {
    const { what, advice, path } = obstacle;
    const reason = `${what}${part && ` in ${part}`}${path && ` at ${path}`}; ${advice}.`;
    super(`${packet} cannot be sent: ${reason}`);
    this.name = 'UnsendableError';
    this.reason = reason;
  }

  /**
   * Returns an error that names the item of a stream, because the app does not know its place in a message.
   *
   * @param first - the number of the first item of the message, whose last argument is the list of items
   */
  ofItem(first: number): UnsendableError {
    const [ , index, path ] = /^\[(\d+)\](.*)$/s.exec(this.obstacle.path) ?? [];
    if (index === undefined) return this;
    const item = `item ${first + Number(index)}`;
    return new UnsendableError(item, { ...this.obstacle, path }, item);
  }
}

interface Packet { readonly type: number; readonly data?: unknown }
interface Parser { Encoder: new (...args: never[]) => { encode(packet: Packet): unknown } }

/** Whether a parser, if there is one, is Socket.IO's own. */
export function isOwnParser(parser: object | undefined): boolean {
  return parser === undefined || (parser as Parser).Encoder === socketIOParser.Encoder as unknown;
}

/**
 * Throws if a part of the data would arrive as something else, or close the connection.
 *
 * @param data - the arguments of an ack, or an event's name and arguments
 * @param isEvent - whether it is an event
 * @param isJSON - whether it is for Socket.IO's own parser
 * @throws {UnsendableError}
 */
export function assertSendable(data: readonly unknown[], isEvent: boolean, isJSON: boolean): void {
  const search = isJSON ? SEARCH.json : SEARCH.other;
  const first = isEvent ? 1 : 0;
  for (let i = first; i < data.length; i++) {
    const found = search.in(data[i]);
    if (!found) continue;
    throw new UnsendableError(isEvent ? `event '${String(data[0])}'` : 'the ack', found, i > first ? `argument ${i - first + 1}` : '');
  }
}

/**
 * Throws if Socket.IO's own parser cannot send an item of a stream.
 *
 * @param number - of the item, from 1
 * @throws {UnsendableError}
 */
export function assertItemSendable(item: unknown, number: number): void {
  const found = SEARCH.json.in(item);
  if (found) throw new UnsendableError(`item ${number}`, found, `item ${number}`);
}

/**
 * Makes a parser reject values that cannot be sent, at the place that everything passes: acks, emits and broadcasts. Socket.IO's own
 * turns many values into `{}`, and closes the connection for a Blob.
 *
 * @param parser - default: Socket.IO's own
 */
export function refusingUnsendable<P extends object>(parser: P | undefined): P {
  const { EVENT, ACK } = socketIOParser.PacketType;
  const isJSON = isOwnParser(parser);
  const { Encoder } = (parser ?? socketIOParser) as unknown as Parser;
  class CheckingEncoder extends Encoder {
    override encode(packet: Packet): unknown {
      const { type, data } = packet;
      if (type === EVENT || type === ACK) assertSendable(data as unknown[], type === EVENT, isJSON);
      return super.encode(packet);
    }
  }
  return { ...parser ?? socketIOParser, Encoder: CheckingEncoder } as unknown as P;
}
