import type { Handshake } from './moved_request';

/**
 * The messages from the worker that a client's WebSocket has reached to the owner of its session: `reserve` (keep it for me), then
 * `release polls` and `take`, or `give back`; and `closed`, when a session that it has taken has ended.
 */
export interface TakerMessage {
  readonly op: 'reserve' | 'release polls' | 'take' | 'give back' | 'closed';
  readonly sid: string;
}

/** The owner's answer to `reserve`: the session is kept, or stays. */
export type ReserveReply =
  | { readonly op: 'reserved'; readonly sid: string; readonly handshake: Handshake; readonly protocol: number }
  | { readonly op: 'denied'; readonly sid: string };

/** The owner's answer to `take`: the client's data so far, or that the session is no longer available. */
export type TakeReply = { readonly op: 'taken'; readonly sid: string; readonly received: readonly unknown[] } | { readonly op: 'lost'; readonly sid: string };

/** The messages of an owner. `withdrawn`: a reserved session is no longer available. */
export type OwnerMessage = ReserveReply | TakeReply | { readonly op: 'withdrawn'; readonly sid: string };
