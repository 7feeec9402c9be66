import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Claim } from './claim';
import type { Found, Others } from './others';

/** Milliseconds after which the claim of a server that has died is free. */
const LEASE = 10_000;
/** Milliseconds between two looks for an answer: at first, and at most. */
const FIRST_LOOK = 20;
const LAST_LOOK = 500;

/** The value of a key is the id of the server that has claimed it, or an answer with this prefix. */
const ANSWERED = 'answer ';

/** Values that all servers share, as in Redis. */
export interface KeyStore {
  take(key: string, value: string, ttl: number): Promise<boolean>;
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, ttl: number): Promise<void>;
  renew(key: string, value: string, ttl: number): Promise<void>;
  drop(key: string, value: string): Promise<void>;
}

function ignore(): void { /* It is tried again, or its time ends by itself. */ }

/**
 * The other workers of all machines, which share a store: the first one that takes the key of an event handles it, and renews its claim
 * as long as that lasts.
 */
export class Shared implements Others {
  /** Of no other server. */
  readonly tag = randomUUID();
  readonly exist = true;
  private isClosed = false;

  /** @param lease - milliseconds. Default: ten seconds */
  constructor(private readonly keys: KeyStore, private readonly lease = LEASE) {}

  async ask(claim: Claim): Promise<Found> {
    const { keys, tag, lease } = this;
    const { id } = claim;
    if (await keys.take(id, tag, lease)) {
      const timer = setInterval(() => { keys.renew(id, tag, lease).catch(ignore); }, lease / 3).unref();
      claim.whenOver(answer => {
        clearInterval(timer);
        if (!answer) keys.drop(id, tag).catch(ignore);
      });
      return undefined;
    }
    const answer = await this.read(id);
    if (typeof answer === 'object') return { answer };
    return answer === undefined ? 'again' : { follow: answer };
  }

  async follow(owner: string, id: string): Promise<Answer | undefined> {
    for (let wait = FIRST_LOOK; !this.isClosed; wait = Math.min(wait * 2, LAST_LOOK)) {
      const answer = await this.read(id);
      if (typeof answer === 'object') return answer;
      if (answer !== owner) return undefined;
      await delay(wait, undefined, { ref: false });
    }
    return undefined;
  }

  copy(id: string, { digest, values, until }: Answer): void {
    // Not awaited: what is written to one connection arrives in order, and the client does not wait for Redis.
    this.keys.set(id, `${ANSWERED}${digest} ${values.toString('base64')}`, Math.max(1, until - Date.now())).catch(ignore);
  }

  close(): void {
    this.isClosed = true;
  }

  /** The answer, or the server that handles the event. */
  private async read(id: string): Promise<Answer | string | undefined> {
    const value = await this.keys.get(id);
    if (!value?.startsWith(ANSWERED)) return value;
    const [ digest, values ] = value.slice(ANSWERED.length).split(' ');
    // It is not kept here: the store has it.
    return { digest, values: Buffer.from(values, 'base64'), until: 0, owner: '' };
  }
}
