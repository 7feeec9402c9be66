import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Server as Engine } from 'engine.io';
import type { PendingSessions } from './pending_sessions';
import type { MovingSessions } from './port';
import { SessionOwner } from './session_owner';
import { SessionTaker, type TakerOptions } from './session_taker';
import type { OwnerMessage, TakerMessage } from './session_messages';
import type { SessionPeers } from './session_peers';

/** A worker is owner and taker; each side gets the messages of the other one. */
const FROM_OWNER: ReadonlySet<string> = new Set([ 'reserved', 'denied', 'taken', 'lost', 'withdrawn' ] satisfies OwnerMessage['op'][]);

/**
 * Lets the worker that a client's WebSocket has reached take the session over from the worker on which its polling began, so that it is
 * not relayed for its whole life. The WebSocket side is Engine.IO's own: the session is created next to the owner's, with its polling
 * elsewhere, and goes through Engine.IO's upgrade.
 *
 * The session stays that of the request which began it: that is sent to the taker, and the app's handling of a handshake is repeated
 * there. The upgrade request is another one, possibly from somebody else, and nothing of it becomes part of the session.
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
