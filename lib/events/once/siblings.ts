import type { PeerPort } from '../../cluster/port';
import { Questions, toError } from '../../cluster/questions';
import { type Answer, Claim } from './claim';
import type { Entries } from './entries';
import type { Found, Others } from './others';

/** Milliseconds for the other workers to say what they know. */
const ANSWER_LIMIT = 5000;
/** The number of workers that have left, and are remembered. */
const MOST_GONE = 100;
/** Longer timers fire at once. */
const LONGEST = 2 ** 31 - 1;

/** An answer on its way. */
interface SentAnswer {
  readonly digest: string;
  readonly values: Buffer;
  /** Milliseconds for which it is kept. */
  readonly keep: number;
}

/** A worker's knowledge of an event: none, that it is asking too, that it handles the event, or the answer. */
type Knowledge =
  | { readonly is: 'unknown' | 'running' }
  | { readonly is: 'asking'; readonly at: number }
  | { readonly is: 'answered'; readonly answer: SentAnswer };

type Message =
  /** Asks what the others know about an event. Before they reply, they read what the workers in `gone`, which have left, sent them. */
  | { readonly op: 'ask'; readonly id: string; readonly q: string; readonly at: number; readonly gone: readonly string[] }
  /** Asks for the answer to this event, once there is one. */
  | { readonly op: 'follow'; readonly id: string; readonly q: string }
  | { readonly op: 'reply'; readonly q: string; readonly known: Knowledge }
  /** Asks to keep a copy of this answer, in case the sender is killed. */
  | { readonly op: 'keep'; readonly id: string; readonly answer: SentAnswer };

/** The reply of another worker. */
interface Reply {
  readonly from: string;
  readonly known: Knowledge;
}

function toSent({ digest, values, until }: Answer): SentAnswer {
  return { digest, values, keep: until - Date.now() };
}

function isEarlier(at: number, tag: string, other: { readonly at: number; readonly tag: string }): boolean {
  return at === other.at ? tag < other.tag : at < other.at;
}

/**
 * Asks the other workers of this machine about an event before it is handled. If several ask at once, the one with the oldest question
 * handles it. Questions are ordered by a Lamport clock: a worker that was asked before it asks is later than the one that asked it, so
 * no two wait for each other. Each answer is copied to another worker before the client gets it.
 */
export class Siblings implements Others {
  private readonly questions = new Questions<Reply>();
  private readonly stopListening: () => void;
  private holder: string | undefined;
  private clock = 0;
  /** The workers to which there is a link. */
  private readonly up = new Set<string>();
  private readonly gone = new Set<string>();
  /** Replies that wait until everything from workers that have left has been read. */
  private waiting: { readonly on: readonly string[]; readonly reply: () => void }[] = [];

  constructor(private readonly port: PeerPort, private readonly entries: Entries) {
    this.stopListening = port.listen({
      onMessage: (from, message) => this.receive(from, message as Message),
      onUp: tag => this.up.add(tag),
      onLeft: tag => this.left(tag),
      onDown: tag => this.down(tag),
    });
  }

  get tag(): string { return this.port.tag; }

  get exist(): boolean { return this.others.length > 0; }

  /** Includes workers that are gone, as long as messages from them may still arrive. */
  private get others(): readonly string[] {
    return [ ...new Set([ ...this.port.peers(), ...this.up ]) ];
  }

  /** @throws {SocketIOError} `PEERS_SILENT` if one of them does not say in time what it knows */
  ask(claim: Claim): Promise<Found> {
    const { questions, port, tag: own } = this;
    const { id } = claim;
    claim.at ||= this.clock += 1;
    return new Promise((resolve, reject) => {
      let found: Exclude<Found, 'again'>;
      const silent = new Set(this.others);
      /** The worker with the oldest question. */
      let first = { at: claim.at, tag: own };
      const q = questions.nextId();
      port.broadcast({ op: 'ask', id, q, at: claim.at, gone: [ ...this.gone ] } satisfies Message);
      questions.wait(q, [ ...silent ], {
        timeout: ANSWER_LIMIT,
        onAnswer: ({ known, from }) => {
          silent.delete(from);
          if (known.is === 'answered') found = { answer: this.toAnswer(known.answer, from) };
          else if (known.is === 'running') found ??= { follow: from };
          else if (known.is === 'asking' && isEarlier(known.at, from, first)) first = { at: known.at, tag: from };
          return true;
        },
        onEnd: outcome => {
          const error = found ? undefined : toError(outcome);
          if (error) reject(error);
          else if (found) resolve(found);
          else if (first.tag !== own) resolve({ follow: first.tag });
          else resolve(silent.size > 0 ? 'again' : undefined);
        },
      });
    });
  }

  /** Resolves with the answer to an event that another worker handles; without one if that worker is gone, or has not handled it. */
  follow(tag: string, id: string): Promise<Answer | undefined> {
    const { questions, port } = this;
    return new Promise(resolve => {
      let answer: Answer | undefined;
      const q = questions.nextId();
      port.send(tag, { op: 'follow', id, q } satisfies Message);
      questions.wait(q, this.others.includes(tag) ? [ tag ] : [], {
        timeout: LONGEST,
        onAnswer: ({ known }) => {
          if (known.is === 'answered') answer = this.toAnswer(known.answer, tag);
          return true;
        },
        onEnd: () => resolve(answer),
      });
    });
  }

  /** Copies an answer to another worker; passed to the system now, before the client gets it. */
  copy(id: string, answer: Answer): void {
    const { port } = this;
    this.holder ??= this.chooseHolder();
    if (this.holder === undefined) return;
    port.send(this.holder, { op: 'keep', id, answer: toSent(answer) } satisfies Message);
    port.flush();
  }

  close(): void {
    this.stopListening();
    this.questions.downAll();
  }

  private receive(from: string, message: Message): void {
    switch (message.op) {
      case 'ask': {
        const { id, q, at, gone } = message;
        this.clock = Math.max(this.clock, at);
        // A worker that has left may have sent a copy of the answer, over another link than this question.
        this.waiting.push({ on: gone, reply: () => this.reply(from, q, this.knowledgeOf(id)) });
        return this.replyToAll();
      }
      case 'follow': {
        const { id, q } = message;
        const entry = this.entries.find(id);
        if (entry instanceof Claim) entry.whenOver(answer => this.reply(from, q, answer ? { is: 'answered', answer: toSent(answer) } : { is: 'unknown' }));
        else this.reply(from, q, this.knowledgeOf(id));
        return;
      }
      case 'reply':
        return this.questions.answer(from, message.q, { from, known: message.known });
      case 'keep':
        return this.entries.keep(message.id, this.toAnswer(message.answer, from));
    }
  }

  private replyToAll(): void {
    const asked = this.waiting;
    this.waiting = [];
    for (const each of asked) {
      if (each.on.some(tag => this.up.has(tag))) this.waiting.push(each);
      else each.reply();
    }
  }

  private reply(to: string, q: string, known: Knowledge): void {
    this.port.send(to, { op: 'reply', q, known } satisfies Message);
  }

  private knowledgeOf(id: string): Knowledge {
    const entry = this.entries.find(id);
    if (!entry) return { is: 'unknown' };
    if (!(entry instanceof Claim)) return { is: 'answered', answer: toSent(entry) };
    return entry.state === 'running' ? { is: 'running' } : { is: 'asking', at: entry.at };
  }

  private toAnswer({ digest, values, keep }: SentAnswer, owner: string): Answer {
    return { digest, values, until: Date.now() + keep, owner };
  }

  /** The next worker by tag, so that each worker has a different one. */
  private chooseHolder(): string | undefined {
    const peers = [ ...this.port.peers() ].sort();
    return peers.find(tag => tag > this.tag) ?? peers[0];
  }

  private left(tag: string): void {
    this.gone.add(tag);
    if (this.gone.size > MOST_GONE) this.gone.delete([ ...this.gone ][0]);
  }

  /** A worker is gone: its answers are this one's now, and those that it kept for this one need another copy. */
  private down(tag: string): void {
    this.up.delete(tag);
    this.questions.down(tag);
    this.replyToAll();
    const { entries } = this;
    const inherited = [ ...entries.of(tag) ];
    const own = this.holder === tag ? [ ...entries.of(this.tag) ] : [];
    if (this.holder === tag) this.holder = undefined;
    for (const [ , answer ] of inherited) answer.owner = this.tag;
    for (const [ id, answer ] of [ ...own, ...inherited ]) this.copy(id, answer);
  }
}
