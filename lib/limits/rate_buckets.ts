import { startupError } from '../base/errors';
import type { SocketContext } from '../context/socket_context';
import { countedAddress } from './egg_request';
import { ExactBucket, type MethodRate } from './rate';

const BUCKETS = Symbol('conn#buckets');

/** The number of addresses or users of one method whose rates are tracked. */
const MOST_KEYS = 10_000;
/** An address may come from a header, and a function's result from a client's data. */
const LONGEST_KEY = 200;
/** Milliseconds between two checks for full buckets. */
const LEAST_SWEEP = 1000;
const LONGEST_SWEEP = 3_600_000;

/** Returns the bucket for an event. */
export type BucketOf = (ctx: SocketContext) => ExactBucket;

/** By connection: the buckets are released with it. */
function byConnection(rate: Required<MethodRate>): BucketOf {
  const method = {};
  return ({ conn }) => {
    const buckets = (conn as { [BUCKETS]?: Map<object, ExactBucket> })[BUCKETS] ??= new Map();
    let bucket = buckets.get(method);
    if (!bucket) buckets.set(method, bucket = new ExactBucket(rate));
    return bucket;
  };
}

/**
 * Buckets by address or user. A full one is forgotten, because it is equivalent to a new one. If there are too many others, the least
 * recently used one is: so a client that keeps sending does not get rid of its own.
 */
export class BucketTable {
  private readonly buckets = new Map<string, ExactBucket>();
  private timer: NodeJS.Timeout | undefined;
  private readonly period: number;

  constructor(private readonly rate: Required<MethodRate>, private readonly most = MOST_KEYS) {
    this.period = Math.min(LONGEST_SWEEP, Math.max(LEAST_SWEEP, rate.burst / rate.perSecond * 1000));
  }

  get size(): number {
    return this.buckets.size;
  }

  take(key: string): ExactBucket {
    const { buckets } = this;
    const bucket = buckets.get(key) ?? new ExactBucket(this.rate);
    // A Map keeps insertion order.
    buckets.delete(key);
    buckets.set(key, bucket);
    if (buckets.size > this.most) buckets.delete(buckets.keys().next().value!);
    this.timer ??= setTimeout(this.sweep, this.period).unref();
    return bucket;
  }

  private readonly sweep = (): void => {
    for (const [ key, bucket ] of this.buckets) {
      if (bucket.isFull) this.buckets.delete(key);
    }
    this.timer = this.buckets.size > 0 ? setTimeout(this.sweep, this.period).unref() : undefined;
  };
}

/**
 * Returns a function that finds the bucket of an event.
 *
 * @param label - of the method, for messages
 * @param ipv6Prefix - bits of an IPv6 address that count
 */
export function createBuckets(rate: Required<MethodRate>, label: string, ipv6Prefix: number): BucketOf {
  const { by } = rate;
  const ofConnection = byConnection(rate);
  if (by === 'connection') return ofConnection;
  const keyOf = by === 'address' ? ({ ip }: SocketContext) => ip && countedAddress(ip, ipv6Prefix) : by as (ctx: object) => unknown;
  const table = new BucketTable(rate);
  return ctx => {
    const key = keyOf(ctx);
    if (key === undefined || key === null || key === '') return ofConnection(ctx);
    if (typeof key === 'string' || typeof key === 'number') return table.take(String(key).slice(0, LONGEST_KEY));
    throw startupError('INVALID_CONTROLLER', `${label}: expected { by } of @RateLimit() to return a string or a number, or undefined to count by connection, but got ${typeof key}.`);
  };
}
