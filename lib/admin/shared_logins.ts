import type { PeerPort } from '../cluster/port';

/** Milliseconds, as in the admin UI's own store for Redis. */
const LIFETIME = 24 * 60 * 60 * 1000;
/** Anybody with the password could log in without end. */
const MOST = 1000;

/** Messages between workers: session ids, and when each one ends. */
type Logins = readonly (readonly [id: string, end: number])[];

/**
 * The logins of the admin UI, in all workers of this machine: the page comes back with only the id of its session, and may reach another
 * worker. The admin UI calls this a store.
 */
export class SharedLogins {
  private readonly ends = new Map<string, number>();
  private readonly stopListening: (() => void) | undefined;

  /** @param peers - the way to the other workers; none for an app in one process */
  constructor(private readonly peers: PeerPort | undefined) {
    this.stopListening = peers?.listen({
      onMessage: (_from, message) => this.keep(message as Logins),
      onUp: tag => { if (this.ends.size > 0) peers.send(tag, [ ...this.ends ] satisfies Logins); },
      onDown() { /* Its logins are ours, too. */ },
    });
  }

  /** Called by the admin UI, with any value that the client has sent. */
  async doesSessionExist(id: string): Promise<boolean> {
    return Date.now() < (this.ends.get(id) ?? 0);
  }

  /** Called by the admin UI. */
  saveSession(id: string): void {
    const logins: Logins = [[ id, Date.now() + LIFETIME ]];
    this.keep(logins);
    this.peers?.broadcast(logins);
  }

  close(): void {
    this.stopListening?.();
  }

  private keep(logins: Logins): void {
    for (const [ id, end ] of logins) this.ends.set(id, end);
    for (const id of this.ends.keys()) {
      if (this.ends.size <= MOST) return;
      this.ends.delete(id);
    }
  }
}
