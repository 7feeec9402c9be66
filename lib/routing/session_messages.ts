import type { Handshake } from './moved_request';

/**
 * What the worker to which a client's WebSocket has come says to the owner of its session: `reserve` (keep it for me), then
 * `release polls` and `take`, or `give back`; and `closed`, when a session that it has taken is over.
 */
export interface TakerMessage {
  readonly op: 'reserve' | 'release polls' | 'take' | 'give back' | 'closed';
  readonly sid: string;
}

/** The owner's answer to `reserve`: the session is kept, or stays. */
export type ReserveReply =
  | { readonly op: 'reserved'; readonly sid: string; readonly handshake: Handshake; readonly protocol: number }
  | { readonly op: 'denied'; readonly sid: string };

/** The owner's answer to `take`: what the client has sent so far, or that there is nothing to be had any more. */
export type TakeReply = { readonly op: 'taken'; readonly sid: string; readonly received: readonly unknown[] } | { readonly op: 'lost'; readonly sid: string };

/** What an owner says. `withdrawn`: a session that was reserved is not to be had any more. */
export type OwnerMessage = ReserveReply | TakeReply | { readonly op: 'withdrawn'; readonly sid: string };
