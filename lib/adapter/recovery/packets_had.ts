import type { Logged, Seen } from './packet_log';

/** Packets that some clients must not get from this worker, because another one has sent them already. */
export class PacketsHad {
  /** By sender: the clients, and the last of its packets that they have. */
  private readonly bySender = new Map<string, { sid: string; upTo: number }[]>();

  /**
   * A client has come from another worker.
   *
   * @param seen - the packets that the client has
   * @param here - the packets that have arrived at this worker
   */
  add(sid: string, seen: Seen, here: Seen): void {
    for (const [ origin, upTo ] of Object.entries(seen)) {
      if (upTo <= (here[origin] ?? -1)) continue;
      this.bySender.set(origin, [ ...this.bySender.get(origin) ?? [], { sid, upTo }]);
    }
  }

  /** A packet has arrived. Returns the clients that have it already. */
  take({ origin, seq }: Pick<Logged, 'origin' | 'seq'>): readonly string[] {
    const had = this.bySender.get(origin);
    if (!had) return [];
    this.replace(origin, had.filter(({ upTo }) => upTo > seq));
    return had.filter(({ upTo }) => upTo >= seq).map(({ sid }) => sid);
  }

  /** Forgets the clients that are gone. */
  sweep(isHere: (sid: string) => boolean): void {
    for (const [ origin, had ] of this.bySender) this.replace(origin, had.filter(({ sid }) => isHere(sid)));
  }

  private replace(origin: string, rest: { sid: string; upTo: number }[]): void {
    if (rest.length > 0) this.bySender.set(origin, rest);
    else this.bySender.delete(origin);
  }
}
