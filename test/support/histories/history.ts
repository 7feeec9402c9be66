/** How many of its latest entries a history shows. */
const SHOWN = 120;

/** Milliseconds that a message may take from a busy worker to Redis: it is lost if Redis is killed meanwhile. */
const UNDER_WAY = 1000;

/** The history of a client, and its faults, as far as a client can know them. */
export class History {
  /** What should not have happened, each with the latest entries of that moment. */
  readonly faults: string[] = [];
  /** When the session began that the client has now; Infinity until it has joined its room. */
  since = Infinity;
  /** By the process that sends: the number of the last broadcast that was got in this session. */
  readonly ticks = new Map<number, number>();
  /** By the process that sends: when that broadcast was sent. */
  private readonly sentAt = new Map<number, number>();
  /**
   * Messages that came after later ones of the same client: its session had moved in between, and each worker has a link of its own, so
   * only the order of a client's messages on one worker is certain.
   */
  overtaken = 0;
  /** By client: the first and the highest number that was heard of it in this session. */
  private readonly heard = new Map<string, { readonly first: number; readonly highest: number }>();
  /** By client and worker: the number of the last message. */
  private readonly lastBy = new Map<string, number>();
  /** By client: messages that were passed over in this session, and when. They may be without an ack, but not with one. */
  private readonly skipped = new Map<string, Map<number, number>>();
  /** Messages of its own that were acked: when the worker has sent each to the room. */
  readonly acked = new Map<number, number>();
  /** Broadcasts and messages that did not come while losses were expected. */
  lost = 0;
  /** The times in which losses are expected: Redis is away. */
  private readonly expected: { readonly from: number; to: number }[] = [];
  /** How many events it has got. */
  messages = 0;
  private own = 0;
  /** The highest number that the server has acked in this session. */
  private known = 0;
  private readonly entries: string[] = [];

  constructor(readonly name: string, private readonly now = Date.now) {}

  note(text: string): void {
    this.entries.push(`${this.now()} ${text}`);
    if (this.entries.length > 2 * SHOWN) this.entries.splice(0, SHOWN);
  }

  fault(text: string): void {
    this.note(`FAULT: ${text}`);
    this.faults.push([ `${this.name}: ${text}`, ...this.entries.slice(-SHOWN) ].join('\n  '));
  }

  /** From now on, broadcasts and messages of others may be lost, until {@link expectAll}; never twice, nor in the wrong order. */
  expectLosses(): void {
    this.note('losses are expected');
    this.expected.push({ from: this.now(), to: Infinity });
  }

  expectAll(): void {
    this.note('losses are no longer expected');
    this.expected.at(-1)!.to = this.now();
  }

  /** Whether losses were expected at some time between these two. */
  private isExpected(at: number, until = at): boolean {
    return this.expected.some(({ from, to }) => until >= from && at <= to);
  }

  /** It is connected. A new session: what was sent in between is lost, and the client knows it. */
  connected(isRecovered: boolean): void {
    this.note(isRecovered ? 'recovered' : 'new session');
    if (isRecovered) return;
    this.since = Infinity;
    this.own = this.known = 0;
    this.ticks.clear();
    this.heard.clear();
    this.lastBy.clear();
    // The client was told of the loss.
    this.skipped.clear();
  }

  /** It has joined its room. */
  joined(pid: number): void {
    this.note(`home ${pid}`);
    if (this.since === Infinity) this.since = this.now();
  }

  /** It gets a numbered event for it alone. */
  gotOwn(number: number): void {
    this.messages += 1;
    this.note(`own ${number}`);
    if (number !== this.own + 1) this.fault(`event ${number} for it alone came after ${this.own}`);
    this.own = number;
  }

  /**
   * It gets a numbered broadcast.
   *
   * @param at - when it was sent. A client that is recovered gets it later: losses of that time are seen when they are over
   */
  gotTick(pid: number, number: number, at = this.now()): void {
    this.messages += 1;
    this.note(`tick ${pid} ${number}`);
    const last = this.ticks.get(pid);
    const isLossExpected = this.isExpected(this.sentAt.get(pid) ?? at, at);
    this.sentAt.set(pid, at);
    if (last !== undefined && number > last + 1 && isLossExpected) this.lost += number - last - 1;
    else if (last !== undefined && number !== last + 1) this.fault(`broadcast ${number} of worker ${pid} came after ${last}`);
    this.ticks.set(pid, number);
  }

  /** It gets what another client has said. @param pid - the worker of that client */
  gotTold(from: string, number: number, pid: number): void {
    this.messages += 1;
    this.note(`told ${from} ${number} by ${pid}`);
    const last = this.lastBy.get(`${from} ${pid}`) ?? 0;
    this.lastBy.set(`${from} ${pid}`, Math.max(last, number));
    const { first, highest } = this.heard.get(from) ?? { first: number, highest: number - 1 };
    const skipped = this.skipped.get(from) ?? new Map<number, number>();
    this.skipped.set(from, skipped);
    if (number <= last) this.fault(`message ${number} of ${from} came after ${last}`);
    else if (number > highest) this.heard.set(from, { first, highest: number });
    else if (skipped.delete(number) || number < first) this.overtaken += 1;
    else this.fault(`message ${number} of ${from} came twice`);
    for (let each = highest + 1; each < number; each++) skipped.set(each, this.now());
  }

  /** It gets an ack. @param previous - what it had said before in this session, as `ctx.data` has it */
  gotAck(number: number, ack: { name: string; number: number; previous: number; at: number }): void {
    this.note(`ack ${number}, previous ${ack.previous}`);
    if (ack.name !== this.name || ack.number !== number) this.fault(`message ${number} got the ack of ${ack.name} ${ack.number}`);
    if (ack.previous < this.known || ack.previous >= number) {
      this.fault(`at message ${number}, ctx.data had ${ack.previous} as the previous one, after an ack of ${this.known}`);
    }
    this.known = Math.max(this.known, number);
    this.acked.set(number, ack.at);
  }

  /** Nothing more comes: what it should have heard of others in its room. */
  end(others: readonly History[]): void {
    for (const other of others) {
      const highest = this.heard.get(other.name)?.highest ?? 0;
      const skipped = this.skipped.get(other.name);
      const all = [ ...other.acked ].filter(([ number, at ]) => skipped?.has(number) || (number > highest && at > this.since));
      const missed = all.filter(([ , at ]) => !this.isExpected(at, at + UNDER_WAY));
      this.lost += all.length - missed.length;
      const list = missed.map(([ number, at ]) => `${number} (sent ${at}, passed over ${skipped?.get(number) ?? 'never'})`);
      if (missed.length > 0) this.fault(`messages ${list.join(', ')} of ${other.name} did not come, but were acked`);
    }
  }
}
