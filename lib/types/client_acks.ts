import type { DefaultEventsMap } from 'socket.io';
import type { EventsMap } from './event_maps';

/**
 * The result for a client that was asked by `acks()`: its ack, or the reason why there is none. The codes of the error are `CLIENT_LEFT`,
 * `ACK_TIMEOUT`, `ACK_DROPPED` and `PEER_FAILED`.
 *
 * @see docs/rooms-and-broadcasting.md#acks-one-by-one
 */
export type AckResult<Value = unknown> =
  | {
    /** The id of its socket. */
    readonly socket: string;
    /** The first argument of its ack. */
    readonly value: Value;
    /** `undefined` for a client that has acked. */
    readonly error?: undefined;
  }
  | {
    /** The id of its socket. */
    readonly socket: string;
    /** `undefined` for a client that has not. */
    readonly value?: undefined;
    /** Why there is no ack. */
    readonly error: Error & { readonly code: string };
  };

/**
 * The results of `acks()`, one for each client, in the order in which they come. The event is sent when the loop begins.
 *
 * @see docs/rooms-and-broadcasting.md#acks-one-by-one
 */
export type AckResults<Value = unknown> = AsyncGenerator<AckResult<Value>, void, undefined>;

type LastOf<List extends readonly unknown[]> = List extends readonly [...unknown[], infer Last] ? Last : never;
type WithoutLast<List extends readonly unknown[]> = List extends readonly [...infer Rest, unknown] ? Rest : never;

/** The parameters of an event. A pattern finds no last one among optional ones. */
type ParamsOf<Listener> = Listener extends (...args: infer Params) => unknown ? Required<Params> : never;

/** Socket.IO's types of an operator have an array of answers, after an error if there is a time-out. */
type OneOf<Params extends readonly unknown[]> = Params extends readonly [Error, ...infer Rest] ? OneOf<Rest>
  : Params extends readonly [(infer One)[], ...unknown[]] ? One : undefined;

/** The events of a map whose last parameter is an ack; all of them, if the app has declared nothing. */
type AskEvent<Emit extends EventsMap> = string extends keyof Emit ? string : {
  [Event in keyof Emit & string]: LastOf<ParamsOf<Emit[Event]>> extends (...args: never[]) => unknown ? Event : never
}[keyof Emit & string];

/** The arguments of an event, without the ack. */
type AskArgs<Emit extends EventsMap, Event extends string> = string extends keyof Emit ? unknown[] : WithoutLast<ParamsOf<Emit[Event]>>;

/** The parameters of an event's ack. */
type AckParams<Emit extends EventsMap, Event extends string> =
  LastOf<ParamsOf<Emit[Event]>> extends (...args: infer Params) => unknown ? Params : never;

// As in Socket.IO, acks of events that are not declared may be anything.
/* eslint-disable @typescript-eslint/no-explicit-any */
/** The ack's argument, for the event map of an operator. */
type OperatorAck<Emit extends EventsMap, Event extends string> = string extends keyof Emit ? any : OneOf<AckParams<Emit, Event>>;
/** The same, for the event map of a namespace, as the app has declared it. */
type NamespaceAck<Emit extends EventsMap, Event extends string> = string extends keyof Emit ? any : AckParams<Emit, Event>[0];

// All declarations of a class have the same type parameters.
/* eslint-disable @typescript-eslint/no-unused-vars */
declare module 'socket.io' {
  interface BroadcastOperator<EmitEvents extends EventsMap, SocketData> {
    /**
     * Sends an event to the selected clients, and iterates over their acks as they come: one result for each client, also for one that
     * leaves or does not ack in time. Without a `timeout()`, `config.socketio.limits.ackTimeout` applies.
     *
     * @param event - with an ack as its last parameter
     * @param args - of the event, without the ack
     * @return sends the event when the loop begins; leaving the loop ends it
     * @see docs/rooms-and-broadcasting.md#acks-one-by-one
     *
     * @example
     * for await (const { socket, value, error } of app.io.to('jury').timeout(5000).acks('vote', song)) …
     */
    acks<Event extends AskEvent<EmitEvents>>(event: Event, ...args: AskArgs<EmitEvents, Event>): AckResults<OperatorAck<EmitEvents, Event>>;
  }

  interface Namespace<
    ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap, SocketData = any,
  > {
    /**
     * Does what `acks()` does after `to()`, for all clients of the namespace.
     *
     * @param event - with an ack as its last parameter
     * @param args - of the event, without the ack
     * @return sends the event when the loop begins; leaving the loop ends it
     * @see docs/rooms-and-broadcasting.md#acks-one-by-one
     */
    acks<Event extends AskEvent<EmitEvents>>(
      event: Event, ...args: AskArgs<EmitEvents, Event>
    ): AckResults<NamespaceAck<EmitEvents, Event>>;
  }

  interface Server<
    ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap, SocketData = any,
  > {
    /**
     * Does what `acks()` does after `to()`, for all clients of the namespace `/`.
     *
     * @param event - with an ack as its last parameter
     * @param args - of the event, without the ack
     * @return sends the event when the loop begins; leaving the loop ends it
     * @see docs/rooms-and-broadcasting.md#acks-one-by-one
     */
    acks<Event extends AskEvent<EmitEvents>>(
      event: Event, ...args: AskArgs<EmitEvents, Event>
    ): AckResults<NamespaceAck<EmitEvents, Event>>;
  }
}
