export { STREAM_EVENT } from '../../base/reserved_events';

/** The number of items that a client takes before it has to say so. The client's part in `lib/client` calculates the same. */
export function shareOf(window: number): number {
  return Math.ceil(window / 2);
}

/** The most characters of a stream's id. */
const LONGEST_ID = 64;

/** A client wants a stream: the arguments of the handler follow. */
export interface Opening {
  readonly op: 'open';
  readonly id: string;
  readonly event: string;
  readonly args: unknown[];
  /** The places of the arguments that the client sends item by item. */
  readonly uploads: readonly number[];
}

/** Items of an upload. */
export interface Part {
  readonly op: 'items';
  readonly id: string;
  /** The place of the argument. */
  readonly index: number;
  /** The number of the first item. */
  readonly first: number;
  readonly items: readonly unknown[];
}

/** A client wants the rest of a stream that was opened earlier. */
export interface Resumption {
  readonly op: 'resume';
  readonly id: string;
  readonly key: string;
  /** The number of the first item that it wants. */
  readonly from: number;
}

/** A message about a stream that is open. `items` is the number of items that the client has taken so far. */
export type Control =
  | { readonly op: 'taken'; readonly id: string; readonly items: number }
  | { readonly op: 'cancel'; readonly id: string }
  | Part
  | { readonly op: 'done'; readonly id: string; readonly index: number; readonly total: number };

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= LONGEST_ID;
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function arePlaces(value: unknown, args: number): value is number[] {
  return Array.isArray(value) && value.every(place => isNumber(place) && place < args) && new Set(value).size === value.length;
}

/**
 * Reads the arguments of a client's message, without the ack.
 *
 * @return `undefined` for anything else than the messages above
 */
export function readMessage([ op, id, third, ...args ]: readonly unknown[]): Opening | Resumption | Control | undefined {
  if (!isId(id)) return undefined;
  if (op === 'open' && typeof third === 'string') return { op, id, event: third, args, uploads: [] };
  if (op === 'upload' && typeof third === 'string' && arePlaces(args[0], args.length - 1)) {
    return { op: 'open', id, event: third, args: args.slice(1), uploads: args[0] };
  }
  if (op === 'items' && isNumber(third) && isNumber(args[0]) && Array.isArray(args[1]) && args[1].length > 0) {
    return { op, id, index: third, first: args[0], items: args[1] };
  }
  if (op === 'done' && isNumber(third) && isNumber(args[0])) return { op, id, index: third, total: args[0] };
  if (op === 'resume' && typeof third === 'string' && isNumber(args[0]) && args[0] > 0) {
    return { op, id, key: third, from: args[0] };
  }
  if (op === 'taken' && isNumber(third)) return { op, id, items: third };
  if (op === 'cancel') return { op, id };
  return undefined;
}

/** Returns the message for a client whose arguments {@link readMessage} cannot read. */
export function flawOf([ op, , third ]: readonly unknown[]): string {
  if (typeof third !== 'string') {
    if (op === 'open' || op === 'upload') return 'the event of a stream must be a string';
    if (op === 'resume') return 'the key of a stream must be a string';
  }
  return 'not a message of a stream';
}
