import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Server as Engine } from 'engine.io';
import type { PendingSessions } from './pending_sessions';
import type { MovingSessions } from './port';
import { SessionOwner } from './session_owner';
import { SessionTaker, type TakerOptions } from './session_taker';
import type { OwnerMessage, TakerMessage } from './session_messages';
import type { SessionPeers } from './session_peers';

/** A worker is owner and taker; each side hears what the other one says. */
const FROM_OWNER: ReadonlySet<string> = new Set([ 'reserved', 'denied', 'taken', 'lost', 'withdrawn' ] satisfies OwnerMessage['op'][]);

/**
 * Lets the worker that a client's WebSocket has come to take the session over from the worker that its polling began
 * with, so that it is not relayed as long as it lives. The WebSocket side is Engine.IO's own: the session is built
 * beside the owner's, with its polling elsewhere, and goes through Engine.IO's upgrade.
 *
 * The session stays that of the request which began it: that travels to the taker, and what the app makes of a handshake is made
 * of it again there. The upgrade request is another one, maybe of somebody else, and nothing of it becomes the session's.
 *
 * The Socket.IO project moves sessions in its cluster engine as well
 * (https://github.com/socketio/socket.io/tree/main/packages/socket.io-cluster-engine).
 */
export class TakeOver implements MovingSessions {
  private readonly owner: SessionOwner;
  private readonly taker: SessionTaker;
  private readonly stopListening: () => void;

  constructor(engine: Engine, held: PendingSessions, peers: SessionPeers, options: TakerOptions = {}) {
    const owner = this.owner = new SessionOwner(held, peers);
    const taker = this.taker = new SessionTaker(engine, peers, options);
    this.stopListening = peers.listen({
      onMessage: (from, message) => {
        if (FROM_OWNER.has((message as OwnerMessage).op)) taker.receive(from, message as OwnerMessage);
        else owner.receive(from, message as TakerMessage);
      },
      onDown: tag => {
        owner.onDown(tag);
        taker.onDown(tag);
      },
    });
  }

  /** See {@link MovingSessions.whereTo}. */
  whereTo(sid: string): string | undefined {
    return this.owner.whereTo(sid);
  }

  /** See {@link MovingSessions.upgrade}. */
  async upgrade(req: IncomingMessage, stream: Duplex, head: Buffer, sid: string, owner: string): Promise<boolean> {
    return this.taker.upgrade(req, stream, head, sid, owner);
  }

  /** Stops taking part. */
  close(): void {
    this.stopListening();
    this.taker.close();
  }
}
