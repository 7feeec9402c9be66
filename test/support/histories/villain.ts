import { setTimeout as rest } from 'node:timers/promises';
import type { ClusterProcess } from '../cluster_process';
import type { RedisServer } from '../redis';

/** What a villain can do. */
export const ACTS = [ 'kill', 'pause', 'pause and kill', 'kill the agent', 'roll', 'cut links' ] as const;
/** With Redis, whose loss interrupts everything between workers. */
export const REDIS_ACTS = [ 'kill', 'pause', 'pause and kill', 'kill the agent', 'roll', 'kill Redis' ] as const;
export type Act = typeof ACTS[number] | typeof REDIS_ACTS[number];

/** Milliseconds after which all workers hear each other through a Redis that was started again. */
const REDIS_AGAIN = 8000;

/** The options of a villain. */
export interface Surroundings {
  /** Set if the app uses it. */
  readonly redis?: RedisServer;
  /** Redis is away: broadcasts may be lost until the returned function is called. */
  expectLosses(): () => void;
}

/** Numbers below 1 that look random, and are the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Kills, pauses and restarts processes of a cluster. A seed repeats what it does, but not the moment in a worker's work. */
export class Villain {
  /** What it has done. */
  readonly deeds: string[] = [];
  /** The workers that it has killed. */
  readonly killed = new Set<number>();
  /** Whether it has made the workers lose what they send each other. */
  isLossy = false;
  private living: number[] = [];
  private from = 0;

  /** @param longest - milliseconds for which it pauses a worker at most */
  constructor(
    private readonly cluster: ClusterProcess, private readonly workers: number,
    private readonly random: () => number, private readonly longest: number, private readonly surroundings: Surroundings,
  ) {}

  /** The processes of the workers that live. */
  get pids(): readonly number[] { return this.living; }

  /** Waits until all workers have been started. */
  async begin(): Promise<void> {
    await this.replaced(this.workers);
  }

  /** Waits a while. */
  async rest(most: number): Promise<void> {
    await rest(this.random() * most);
  }

  async act(act: Act): Promise<void> {
    switch (act) {
      case 'kill': return this.kill(this.choose());
      case 'pause': return this.pause(this.choose(), () => rest(this.random() * this.longest));
      case 'pause and kill': {
        const [ one, other ] = [ this.choose(), this.choose() ];
        return this.pause(one, async () => {
          await this.rest(1500);
          await this.kill(other);
        });
      }
      case 'kill the agent': return this.killAgent();
      case 'roll': return this.roll();
      case 'cut links': this.cutLinks(); return;
      case 'kill Redis': return this.killRedis();
    }
  }

  /** Takes a worker from those that live; the next one is another. */
  private choose(): number {
    const index = Math.floor(this.random() * this.living.length);
    const [ pid ] = this.living.splice(index, 1);
    return pid;
  }

  private async kill(pid: number): Promise<void> {
    this.deeds.push(`${Date.now()} kill ${pid}`);
    this.killed.add(pid);
    process.kill(pid, 'SIGKILL');
    await this.replaced(1);
  }

  private async pause(pid: number, meanwhile: () => Promise<unknown>): Promise<void> {
    this.deeds.push(`${Date.now()} pause ${pid}`);
    process.kill(pid, 'SIGSTOP');
    try {
      await meanwhile();
    } finally {
      process.kill(pid, 'SIGCONT');
      this.deeds.push(`${Date.now()} continue ${pid}`);
      this.living.push(pid);
    }
  }

  private async killAgent(): Promise<void> {
    const { cluster } = this;
    const from = cluster.news.length;
    this.deeds.push(`${Date.now()} kill the agent ${cluster.agent}`);
    process.kill(cluster.agent, 'SIGKILL');
    await cluster.hear('agent', from);
  }

  /** Makes a worker close the links of all others to it. */
  private cutLinks(): void {
    const pid = this.choose();
    this.living.push(pid);
    this.deeds.push(`${Date.now()} cut the links to ${pid}`);
    process.kill(pid, 'SIGUSR2');
  }

  private async killRedis(): Promise<void> {
    const redis = this.surroundings.redis!;
    const expectAll = this.surroundings.expectLosses();
    this.isLossy = true;
    this.deeds.push(`${Date.now()} kill Redis`);
    await redis.stop();
    await this.rest(3000);
    await redis.run();
    this.deeds.push(`${Date.now()} Redis runs again`);
    await rest(REDIS_AGAIN);
    expectAll();
  }

  /** Stops one worker after the other, each when the one before has been replaced. */
  private async roll(): Promise<void> {
    for (const pid of this.living.splice(0)) {
      this.deeds.push(`${Date.now()} stop ${pid}`);
      process.kill(pid, 'SIGTERM');
      await this.replaced(1);
    }
  }

  private async replaced(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const news = await this.cluster.hear('worker', this.from);
      this.from = this.cluster.news.indexOf(news) + 1;
      this.living.push(news.pid);
      this.deeds.push(`${Date.now()} worker ${news.pid} is ready`);
    }
  }
}
