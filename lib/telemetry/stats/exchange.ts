import type { Member, PeerPort } from '../../cluster/port';
import { Questions } from '../../cluster/questions';
import type { WorkerName, WorkerStats } from '../../types/worker_stats';

/** The messages between workers. */
type StatsMessage = { ask: string } | { answer: string; stats: WorkerStats };

/** Asks the other workers for their counts, and answers their requests. */
export class StatsExchange {
  private readonly questions = new Questions<WorkerStats>();
  private readonly stopListening: () => void;

  /**
   * @param siblings - the other workers, also those that cannot be asked at present
   * @param own - returns this worker's counts
   */
  constructor(
    private readonly peers: PeerPort, private readonly siblings: () => Iterable<Member>, own: () => WorkerStats,
  ) {
    this.stopListening = peers.listen({
      onMessage: (from, message) => {
        const said = message as StatsMessage;
        if ('ask' in said) peers.send(from, { answer: said.ask, stats: own() } satisfies StatsMessage);
        else this.questions.answer(from, said.answer, said.stats);
      },
      onDown: tag => this.questions.down(tag),
    });
  }

  /**
   * Asks all live workers.
   *
   * @param timeout - milliseconds
   */
  async ask(timeout: number): Promise<{ workers: WorkerStats[]; missing: WorkerName[] }> {
    const { peers, questions } = this;
    const siblings = [ ...this.siblings() ];
    const workers: WorkerStats[] = [];
    await new Promise<void>(resolve => {
      const id = questions.nextId();
      peers.broadcast({ ask: id } satisfies StatsMessage);
      questions.wait(id, peers.peers(), { timeout, onAnswer: stats => workers.push(stats) > 0, onEnd: () => resolve() });
    });
    const missing = siblings.filter(({ tag }) => !workers.some(({ id }) => id === tag));
    return { workers, missing: missing.map(({ tag, pid }) => ({ id: tag, pid })) };
  }

  /** Stops taking part. Waiting callers get the results so far. */
  close(): void {
    this.stopListening();
    this.questions.downAll();
  }
}
