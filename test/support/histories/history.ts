/** How many of its latest entries a history shows. */
const SHOWN = 120;

/** What a client has seen, and what was wrong with it. It knows only what a client can know. */
export class History {
  /** What should not have happened, each with the latest entries of that moment. */
  readonly faults: string[] = [];
  /** When the session began that the client has now; Infinity until it has joined its room. */
  since = Infinity;
  /** By the process that sends: the number of the last broadcast that was got in this session. */
  readonly ticks = new Map<number, number>();
  /** By client: the number of the last message that was heard of it in this session. */
  readonly heard = new Map<string, number>();
  /** Messages of others that were passed over in this session: they may be without an ack, but not with one. */
  readonly skipped: { from: string; number: number; at: number }[] = [];
  /** Messages of its own that were acked: when each was sent. */
  readonly acked = new Map<number, number>();
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

  /** It is connected. A new session: what was sent in between is lost, and the client knows it. */
  connected(isRecovered: boolean): void {
    this.note(isRecovered ? 'recovered' : 'new session');
    if (isRecovered) return;
    this.since = Infinity;
    this.own = this.known = 0;
    this.ticks.clear();
    this.heard.clear();
    // The client was told of the loss.
    this.skipped.length = 0;
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

  /** It gets a numbered broadcast. */
  gotTick(pid: number, number: number): void {
    this.messages += 1;
    this.note(`tick ${pid} ${number}`);
    const last = this.ticks.get(pid);
    if (last !== undefined && number !== last + 1) this.fault(`broadcast ${number} of worker ${pid} came after ${last}`);
    this.ticks.set(pid, number);
  }

  /** It gets what another client has said. */
  gotTold(from: string, number: number): void {
    this.messages += 1;
    this.note(`told ${from} ${number}`);
    const last = this.heard.get(from);
    if (last !== undefined && number <= last) this.fault(`message ${number} of ${from} came after ${last}`);
    for (let each = (last ?? number) + 1; each < number; each++) this.skipped.push({ from, number: each, at: this.now() });
    this.heard.set(from, number);
  }

  /** It gets an ack. @param previous - what it had said before in this session, as `ctx.data` has it */
  gotAck(number: number, sentAt: number, ack: { name: string; number: number; previous: number }): void {
    this.note(`ack ${number}, previous ${ack.previous}`);
    if (ack.name !== this.name || ack.number !== number) this.fault(`message ${number} got the ack of ${ack.name} ${ack.number}`);
    if (ack.previous < this.known || ack.previous >= number) {
      this.fault(`at message ${number}, ctx.data had ${ack.previous} as the previous one, after an ack of ${this.known}`);
    }
    this.known = Math.max(this.known, number);
    this.acked.set(number, sentAt);
  }

  /** Nothing more comes: what it should have heard of others in its room. */
  end(others: readonly History[]): void {
    for (const other of others) {
      for (const { from, number } of this.skipped) {
        if (from === other.name && other.acked.has(number)) this.fault(`message ${number} of ${from} did not come, but was acked`);
      }
      const last = this.heard.get(other.name) ?? 0;
      const missed = [ ...other.acked ].filter(([ number, sentAt ]) => number > last && sentAt > this.since);
      if (missed.length > 0) this.fault(`messages ${missed.map(([ number ]) => number).join(', ')} of ${other.name} did not come, but were acked`);
    }
  }
}
