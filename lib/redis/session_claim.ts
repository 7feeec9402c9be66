import type { Adapter, Session } from 'socket.io-adapter';
import { carried } from '../adapter/recovery/packed_data';
import { durationOf, type LiveSessions, type Sealed } from './live_sessions';
import { isDenied, type SessionKeys } from './session_keys';

/** Socket.IO's adapters have no messages of these types, and ignore them. */
const LET_GO = 100;
const IS_GONE = 101;
/**
 * Milliseconds to wait for the former server of a session, if Redis still has its connection. It may be paused: if it is not waited for,
 * its timers and handlers run on with the old session. Or its machine was cut off, which Redis has not noticed yet.
 */
const OWNER_LIMIT = 10_000;

interface ClaimMessage { readonly type: number; readonly uid: string; readonly data?: { readonly pid?: string } }

/** The parts of the streams adapter that are not in its types. */
interface OfficialAdapter extends Adapter {
  readonly uid: string;
  onMessage(message: ClaimMessage, offset?: string): void;
}

/** The parts of a worker that {@link SessionClaim} needs. */
export interface ClaimOptions {
  readonly keys: SessionKeys;
  readonly live: LiveSessions;
  /** Sends a message to one server. @return the number of servers that get it */
  send(to: string, message: object): Promise<unknown>;
}

/** Takes the sessions of a namespace's clients out of Redis, and away from the servers that they were connected to. */
export class SessionClaim {
  private readonly adapter: OfficialAdapter;
  /** By `pid`: clients whose former server was told to let them go. */
  private readonly waiting = new Map<string, { readonly hasAnswered: Promise<boolean>; end(hasAnswered: boolean): void }>();

  constructor(adapter: Adapter, private readonly options: ClaimOptions) {
    const official = this.adapter = adapter as OfficialAdapter;
    const { onMessage } = official;
    official.onMessage = (message, offset) => {
      const { type, uid, data: { pid } = {} } = message;
      if (pid === undefined) onMessage.call(official, message, offset);
      else if (type === IS_GONE) this.waiting.get(pid)?.end(true);
      else if (type !== LET_GO) onMessage.call(official, message, offset);
      else {
        options.live.letGo(pid);
        this.send(uid, IS_GONE, pid).catch(() => undefined);
      }
    };
  }

  /** The session of a client, encoded as under the keys of the streams adapter. */
  read(pid: string): Promise<string | null> {
    return this.options.keys.read(pid);
  }

  /**
   * Makes the session of a client this server's, for the streams adapter to find it.
   *
   * @return whether there was one. If not, the adapter must not look: it would find a session that another server is just taking
   */
  async take(pid: string): Promise<boolean> {
    const { adapter, options: { keys } } = this;
    try {
      const former = await keys.ownerOf(pid);
      const hasAnswered = await this.letGo(former, pid);
      const owner = await keys.take(pid, adapter.uid, durationOf(adapter));
      // It may have been about to connect the client: nothing could be let go then, and now two servers would have the session.
      if (owner !== former || hasAnswered) await this.letGo(owner, pid);
      return owner !== null;
    } catch (error) {
      if (isDenied(error)) return true;
      throw error;
    }
  }

  /** Decodes the data of a session that was taken. */
  open(session: Session & Sealed): Session {
    const { carried: bytes, ...rest } = session;
    return bytes ? { ...rest, data: carried(Buffer.from(bytes)) } : session;
  }

  /**
   * Makes the server of a client end its connection, and waits until it has.
   *
   * @return whether it has answered; a server that was killed gets no message
   */
  private async letGo(owner: string | null, pid: string): Promise<boolean> {
    const { waiting, adapter: { uid }, options: { live } } = this;
    if (!owner) return false;
    if (owner === uid) {
      live.letGo(pid);
      return false;
    }
    // The same client may have come here twice.
    const known = waiting.get(pid);
    if (known) return known.hasAnswered;
    let end!: (hasAnswered: boolean) => void;
    const hasAnswered = new Promise<boolean>(resolve => {
      end = answer => {
        clearTimeout(timer);
        waiting.delete(pid);
        resolve(answer);
      };
    });
    const timer = setTimeout(end, OWNER_LIMIT, false);
    waiting.set(pid, { hasAnswered, end });
    void this.send(owner, LET_GO, pid).catch(() => 0).then(servers => { if (!servers) end(false); });
    return hasAnswered;
  }

  private send(to: string, type: number, pid: string): Promise<unknown> {
    const { adapter: { uid, nsp }, options } = this;
    return options.send(to, { type, uid, nsp: (nsp as { name: string }).name, data: { pid } });
  }
}
