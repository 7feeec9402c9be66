/** The event of all messages of streams, in both directions. docs/streams-protocol.md specifies them. */
export const STREAM_EVENT = '$stream';

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
  | { readonly op: 'cancel'; readonly id: string };

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= LONGEST_ID;
}

/**
 * Reads the arguments of a client's message, without the ack.
 *
 * @return `undefined` for anything else than the messages above
 */
export function readMessage([ op, id, third, ...args ]: readonly unknown[]): Opening | Resumption | Control | undefined {
  if (!isId(id)) return undefined;
  if (op === 'open' && typeof third === 'string') return { op, id, event: third, args };
  if (op === 'resume' && typeof third === 'string' && Number.isSafeInteger(args[0]) && (args[0] as number) > 0) {
    return { op, id, key: third, from: args[0] as number };
  }
  if (op === 'taken' && Number.isSafeInteger(third)) return { op, id, items: third as number };
  if (op === 'cancel') return { op, id };
  return undefined;
}
