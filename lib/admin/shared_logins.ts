import type { PeerPort } from '../cluster/port';

/** Milliseconds: as long as in the admin UI's own store for Redis. */
const LIFETIME = 24 * 60 * 60 * 1000;
/** Who knows the password could log in for ever. */
const MOST = 1000;

/** What workers tell each other: session ids, and when each ends. */
type Logins = readonly (readonly [id: string, end: number])[];

/**
 * Who has logged in to the admin UI, in all workers of this machine: the page comes back with the id of its session alone, and may
 * come to another worker. It is what the admin UI calls a store.
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

  /** Called by the admin UI, with whatever the client has sent. */
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
