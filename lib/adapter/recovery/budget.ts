/** A holder of packets for clients that may reconnect. */
export interface Holder {
  readonly bytes: number;
  /** Drops the oldest packets until that many bytes are free. */
  shed(bytes: number): void;
}

/** The share of all bytes that is freed at a time, so that a full log is not searched for each packet. */
const PORTION = 16;

/** Limits the bytes that all namespaces of a worker keep for clients that may reconnect. */
export class Budget {
  used = 0;
  private readonly holders = new Set<Holder>();

  constructor(private readonly most: number) {}

  add(holder: Holder): void {
    this.holders.add(holder);
  }

  remove(holder: Holder): void {
    if (this.holders.delete(holder)) this.used -= holder.bytes;
  }

  /** If that is too much, the largest holder drops its oldest packets: a busy namespace does not cost a quiet one its packets. */
  take(bytes: number): void {
    this.used += bytes;
    while (this.used > this.most) {
      const largest = [ ...this.holders ].reduce((a, b) => (b.bytes > a.bytes ? b : a));
      if (largest.bytes === 0) return;
      largest.shed(Math.max(this.used - this.most, this.most / PORTION));
    }
  }

  free(bytes: number): void {
    this.used -= bytes;
  }
}
