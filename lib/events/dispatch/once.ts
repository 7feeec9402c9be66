import { createHash } from 'node:crypto';
import { serialize } from 'node:v8';
import { SocketIOError } from '../../base/errors';
import { ACK_TAKEN, ACKED, KEEPS_ANSWER, markAcked, RAW_ACK, type RawAck, type SocketContext } from '../../context/socket_context';
import type { OncePlan } from '../../controllers/plan/types';
import { type Answer, Claim } from '../once/claim';
import { type Claimed, type OnceStore, valuesOf } from '../once/once_store';
import type { Step } from './compose';
import { followed } from './outcome';

const LONGEST_KEY = 200;
const EVENT = Symbol('Context#onceEvent');

function digestOf(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('base64url');
}

/** A digest of the client's arguments; those of `app.mockSocketEvent()` may be impossible to encode. */
function digestOfArgs(args: readonly unknown[]): string {
  try {
    return digestOf(serialize(args));
  } catch {
    return '';
  }
}

function checkKey(key: unknown, place: string): string | number {
  if (typeof key === 'string' && key.length > 0 && key.length <= LONGEST_KEY) return key;
  if (typeof key === 'number' && Number.isFinite(key)) return key;
  throw new SocketIOError('INVALID_KEY', undefined, { details: { expected: place } });
}

/** An event that is handled once, from its arrival to its end. */
class OnceEvent {
  isRepeated = false;
  private claim: Claim | undefined;
  private isOver = false;
  private readonly args: readonly unknown[];
  private readonly digest: string;
  private readonly ack: RawAck | undefined;

  constructor(private readonly ctx: SocketContext, private readonly plan: OncePlan, private readonly store: OnceStore) {
    // Before middleware and validation, which may change them.
    this.args = ctx.args;
    this.digest = digestOfArgs(ctx.args);
    this.ack = ctx[RAW_ACK];
    if (!this.ack) return;
    ctx[KEEPS_ANSWER] = true;
    // Also for an app that calls the ack itself.
    (ctx as { [RAW_ACK]?: RawAck })[RAW_ACK] = (...values) => this.answer(values);
  }

  /** @throws {SocketIOError} `INVALID_KEY`, and as {@link OnceStore.claim} */
  begin(): Claimed | Promise<Claimed> {
    const { ctx, args, digest, store, plan: { keyOf, keyPlace, scopeOf, keep } } = this;
    const key = checkKey(keyOf(ctx, args), keyPlace);
    const scope = scopeOf(ctx);
    const owner = scope === undefined || scope === null || scope === '' ? [ 'session', ctx.id ] : [ 'by', scope ];
    return store.claim(digestOf(JSON.stringify([ ctx.nsp.name, ctx.event, ...owner, key ])), digest, keep);
  }

  /** Handles the event, unless its time is over already. */
  handle(claim: Claim, run: Step): unknown {
    if (this.isOver) return this.store.release(claim);
    this.claim = claim;
    return run(this.ctx);
  }

  /** Gives the client the first answer. Returns its first value, which middleware gets. */
  repeat(answer: Answer): unknown {
    const { ctx, ack } = this;
    const values = valuesOf(answer);
    this.isRepeated = true;
    if (ack && !ctx[ACKED]) {
      ack(...values);
      markAcked(ctx);
    }
    return values[0];
  }

  end(): void {
    const { ctx, claim, store } = this;
    this.isOver = true;
    if (!claim) return;
    if (!this.ack) store.keep(claim, [])();
    else if (ctx[ACKED]) return;
    else if (ctx[ACK_TAKEN]) claim.until = Date.now() + claim.keep;
    // It has stopped because of its signal, and has no answer.
    else store.release(claim);
  }

  private answer(values: unknown[]): void {
    const { claim, ack, store } = this;
    // Refused before it was handled.
    if (!claim) return ack!(...values);
    const tell = store.keep(claim, values);
    ack!(...values);
    tell();
  }
}

function eventOf(ctx: SocketContext): OnceEvent {
  return (ctx as { [EVENT]?: OnceEvent })[EVENT]!;
}

/** An event has arrived. Returns a function to be called at its end. */
export function beginOnce(ctx: SocketContext, plan: OncePlan, store: OnceStore): () => void {
  const event = new OnceEvent(ctx, plan, store);
  (ctx as { [EVENT]?: OnceEvent })[EVENT] = event;
  return () => event.end();
}

/** Runs a step for the first event with a key. A repeated event gets the first answer. */
export function once(inner: Step): Step {
  return ctx => {
    const event = eventOf(ctx);
    return followed(event.begin(), claimed => (
      claimed instanceof Claim ? event.handle(claimed, inner) : event.repeat(claimed as Answer)
    ));
  };
}

/** Whether an event got the answer of an earlier one. */
export function isRepeated(ctx: SocketContext): boolean {
  return eventOf(ctx).isRepeated;
}
