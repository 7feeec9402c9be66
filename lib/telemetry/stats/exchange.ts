import type { Member, PeerPort } from '../../cluster/port';
import type { WorkerName, WorkerStats } from '../../types/stats';

/** What workers say to each other here. */
type StatsMessage = { ask: number } | { answer: number; stats: WorkerStats };

/** Somebody who waits for the others. */
interface Question {
  readonly answers: WorkerStats[];
  /** Who lives and has not answered yet. */
  readonly waitsFor: Set<string>;
  readonly end: () => void;
}

/** Asks the other workers for what they have counted, and answers them. */
export class StatsExchange {
  private readonly questions = new Map<number, Question>();
  private last = 0;
  private readonly stopListening: () => void;

  /**
   * @param siblings - the other workers, also those that cannot be asked at present
   * @param own - what this worker has counted
   */
  constructor(
    private readonly peers: PeerPort, private readonly siblings: () => Iterable<Member>, own: () => WorkerStats,
  ) {
    this.stopListening = peers.listen({
      onMessage: (from, message) => {
        const said = message as StatsMessage;
        if ('ask' in said) peers.send(from, { answer: said.ask, stats: own() } satisfies StatsMessage);
        else this.take(from, said.answer, said.stats);
      },
      onDown: tag => {
        for (const id of [ ...this.questions.keys() ]) this.take(tag, id);
      },
    });
  }

  /**
   * Asks all who live.
   *
   * @param timeout - milliseconds
   */
  async ask(timeout: number): Promise<{ workers: WorkerStats[]; missing: WorkerName[] }> {
    const siblings = [ ...this.siblings() ];
    const answers: WorkerStats[] = [];
    const id = this.last += 1;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>(end => {
      this.questions.set(id, { answers, waitsFor: new Set(this.peers.peers()), end });
      this.peers.broadcast({ ask: id } satisfies StatsMessage);
      timer = setTimeout(end, timeout);
      if (this.peers.peers().length === 0) end();
    });
    clearTimeout(timer);
    this.questions.delete(id);
    const missing = siblings.filter(({ tag }) => !answers.some(answer => answer.id === tag));
    return { workers: answers, missing: missing.map(({ tag, pid }) => ({ id: tag, pid })) };
  }

  /** Stops taking part. Whoever waits gets what is there. */
  close(): void {
    this.stopListening();
    for (const { end } of this.questions.values()) end();
  }

  /** @param stats - what a worker has answered; nothing, if it is gone */
  private take(from: string, id: number, stats?: WorkerStats): void {
    const question = this.questions.get(id);
    if (!question?.waitsFor.delete(from)) return;
    if (stats) question.answers.push(stats);
    if (question.waitsFor.size === 0) question.end();
  }
}
