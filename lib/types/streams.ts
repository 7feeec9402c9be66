import type { StreamAck } from './answers';

// A page has socket.io-client; an app that takes only the types of event maps from `egg-socketio/client` need not have it.
/* eslint-disable-next-line @typescript-eslint/ban-ts-comment, jsdoc/check-tag-names */
/** @ts-ignore */
export type ClientSocket<Listen, Emit> = import('socket.io-client').Socket<Listen, Emit>;

type Listener = (...args: never[]) => unknown;
type ParamsOf<Map, Event> = Event extends keyof Map ? Map[Event] extends (...args: infer Params) => unknown ? Params : never : never;

/** The item of the stream's ack, which is the last parameter. */
type ItemIn<Params extends readonly unknown[]> = Required<Params> extends readonly [...unknown[], StreamAck<infer Item>] ? Item : never;

/** A pattern cannot remove the last parameter while an earlier one is optional. */
type WithoutLast<Params extends readonly unknown[]> = number extends Params['length'] ? Params
  : Params extends readonly [...infer Rest, unknown] ? Rest
    : Params extends readonly [(infer First)?, ...infer Rest] ? Rest extends [] ? [] : [First?, ...WithoutLast<Rest>]
      : Params;

type StreamsIn<Map> = {
  [Event in keyof Map & string]: Map[Event] extends Listener ? [ItemIn<ParamsOf<Map, Event>>] extends [never] ? never : Event : never
}[keyof Map & string];

/** The events of a map that have a stream: those with a `StreamAck`; all, if the socket has no types. */
export type StreamEvent<Emit> = string extends keyof Emit ? string : StreamsIn<Emit>;

/** The values that a client may pass for an argument: for an async iterable, also a web stream. */
type Uploadable<Arg> = Arg extends AsyncIterable<infer Item> ? AsyncIterable<Item> | WebStream<Item> : Arg;

/** A `ReadableStream`. Not every set of types knows that it is an async iterable. */
interface WebStream<Item> {
  getReader(): { read(): Promise<{ done: boolean; value?: Item | undefined }>; cancel(): Promise<void> };
}

/** The arguments of a stream's handler. */
export type StreamArgs<Emit, Event> = string extends keyof Emit ? unknown[] : Uploaded<WithoutLast<ParamsOf<Emit, Event>>>;

type Uploaded<Args extends readonly unknown[]> = { [Index in keyof Args]: Uploadable<Args[Index]> };

/** The type of a stream's items. */
export type StreamItem<Emit, Event> = string extends keyof Emit ? unknown : ItemIn<ParamsOf<Emit, Event>>;
