import { isIPv6 } from 'node:net';
import type { PeerPort } from '../cluster/port';

/** The number of passwords that one address may try before a pause. Comparing one with its hash takes a worker about 50 ms. */
const MOST = 5;
/** Milliseconds from the first attempt after which the count starts again. */
const WINDOW = 60_000;
/** The number of addresses that are remembered. */
const MOST_ADDRESSES = 10_000;

/** Messages between workers: an address tries a password, or had the right one. */
type AttemptMessage = readonly [address: string, wasRight: boolean];

interface Attempts {
  count: number;
  readonly until: number;
}

/** For IPv6 the network, because a client usually has 2^64 addresses. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [ head, tail ] = address.split('::');
  const groups = head.split(':');
  if (tail !== undefined) groups.push(...Array.from({ length: Math.max(0, 8 - groups.length - tail.split(':').length) }, () => '0'), ...tail.split(':'));
  return groups.slice(0, 4).join(':');
}

/** Limits how often an address may try a password, on all workers of this machine together. */
export class LoginAttempts {
  private readonly attempts = new Map<string, Attempts>();
  private readonly stopListening: (() => void) | undefined;

  /** @param peers - the way to the other workers; none for an app in one process */
  constructor(private readonly peers: PeerPort | undefined) {
    this.stopListening = peers?.listen({
      onMessage: (_from, message) => {
        const [ network, wasRight ] = message as AttemptMessage;
        if (wasRight) this.attempts.delete(network);
        else this.count(network);
      },
      onDown() { /* Its attempts still count. */ },
    });
  }

  /**
   * Counts an attempt; call it before comparing the password, because many may be tried at once.
   *
   * @return milliseconds to wait, if the attempt is not allowed now
   */
  begin(address: string): number | undefined {
    const network = networkOf(address);
    const { count, until } = this.current(network) ?? { count: 0, until: 0 };
    if (count >= MOST) return until - Date.now();
    this.count(network);
    this.peers?.broadcast([ network, false ] satisfies AttemptMessage);
    return undefined;
  }

  /** The address had the right password, so the earlier attempts were typing errors. */
  succeed(address: string): void {
    const network = networkOf(address);
    this.attempts.delete(network);
    this.peers?.broadcast([ network, true ] satisfies AttemptMessage);
  }

  close(): void {
    this.stopListening?.();
  }

  private current(network: string): Attempts | undefined {
    const known = this.attempts.get(network);
    return known && known.until > Date.now() ? known : undefined;
  }

  private count(network: string): void {
    const known = this.current(network);
    if (known) {
      known.count += 1;
      return;
    }
    this.attempts.delete(network);
    this.attempts.set(network, { count: 1, until: Date.now() + WINDOW });
    if (this.attempts.size <= MOST_ADDRESSES) return;
    const [ oldest ] = this.attempts.keys();
    this.attempts.delete(oldest);
  }
}
