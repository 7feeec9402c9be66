import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Report } from '../fixtures/apps/workers/app/lib/report';
import { compiledFixture } from './compiled_plugin';
import { freePort, ownPorts } from './free_port';
import { clusterPlugins, logsAtOnce, quickVariables } from './quick_start';

/** How to start a cluster. */
export interface ClusterOptions {
  /** The fixture's folder. @default 'workers' */
  readonly fixture?: string;
  /** An app that a test has written, in place of a fixture. */
  readonly baseDir?: string;
  /** Egg's `--sticky`. @default false */
  readonly sticky?: boolean;
  readonly workers: number;
  /** Default: a free one. */
  readonly port?: number;
  /** Egg's environment. Default: `prod`, in which Egg replaces a dead worker. */
  readonly env?: string;
  /** With all of Egg's own plugins, for an app that has schedules or rotates logs. @default false */
  readonly allPlugins?: boolean;
  /** Environment variables for all processes. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether each worker says so when it has started. Default: fixtures do, apps that a test has written do not. */
  readonly workersSay?: boolean;
  /** Node's flags for all processes. Default: those of the test, in which a promise that is rejected without a handler ends the process. */
  readonly flags?: readonly string[];
}

/** What the test has heard: from the fixture, or from Egg's master. */
export type News = Report | { what: 'escaped' } | { what: 'ready' | 'worker died' | 'agent died' };

const MASTER: Record<string, News['what']> = { 'egg-ready': 'ready', 'app-worker-died': 'worker died', 'agent-worker-died': 'agent died' };

/** A fixture as real processes. */
export class ClusterProcess {
  /** All news so far, oldest first. */
  readonly news: News[] = [];
  private readonly arrivals = new EventEmitter().setMaxListeners(0);
  /** Resolves to the exit code of its master. */
  private readonly exited: Promise<number | null>;
  private errors = '';
  private kept = '';
  private isOver = false;

  /** @param home - Egg's home directory, with its logs */
  private constructor(readonly port: number, readonly home: string, private readonly main: ChildProcess) {
    // Its last news, and what its processes have printed last, may come after its end.
    this.exited = Promise.all([ once(main, 'exit'), once(main, 'close'), once(main, 'disconnect') ]).then(([[ code ]]) => code as number | null);
    main.on('message', ({ action, data }: { action: string; data: Report }) => {
      const news = action === 'report' ? data : action in MASTER ? { what: MASTER[action] } as News : undefined;
      if (!news) return;
      this.news.push(news);
      this.arrivals.emit('news');
    });
    void this.exited.then(() => {
      this.isOver = true;
      this.arrivals.emit('news');
    });
    // Egg's master tells every death there, which a test that kills has no use for.
    main.stderr!.setEncoding('utf8').on('data', (text: string) => { this.errors += text; });
  }

  static async start({
    fixture = 'workers', baseDir, sticky = false, workers, port, env = 'prod', allPlugins = env !== 'prod', variables, workersSay = !baseDir,
    flags = process.execArgv,
  }: ClusterOptions): Promise<ClusterProcess> {
    const home = mkdtempSync(path.join(os.tmpdir(), 'cluster-process-'));
    const chosen = port ?? await freePort();
    const options = {
      baseDir: baseDir ?? compiledFixture(fixture),
      env, workers, port: chosen, sticky,
      plugins: clusterPlugins(allPlugins), ownPorts: await ownPorts(),
    };
    const quick = quickVariables();
    const NODE_OPTIONS = `${quick.NODE_OPTIONS} ${logsAtOnce()}`;
    const main = fork(path.join(__dirname, 'start_cluster.js'), [ JSON.stringify(options) ], {
      env: { ...process.env, ...quick, NODE_OPTIONS, EGG_TYPESCRIPT: 'false', ...variables, EGG_HOME: home, EGG_SERVER_ENV: env },
      stdio: [ 'ignore', 'ignore', 'pipe', 'ipc' ], execArgv: [ ...flags ],
    });
    const cluster = new ClusterProcess(chosen, home, main);
    await Promise.race([ cluster.hear('ready'), cluster.exited.then(code => {
      throw new Error(`the cluster exited with ${code}: ${cluster.errors}`);
    }) ]);
    // They do it after Egg's master has said that all are ready; what a test then waits for is the next one.
    if (workersSay) await cluster.hearWorkers(workers);
    return cluster;
  }

  /** The process of Egg's master, which takes the connections and hands them to the workers. */
  get master(): number { return this.main.pid!; }

  get url(): string { return `http://127.0.0.1:${this.port}`; }

  /** The process of the agent that lives, or was the last to. */
  get agent(): number {
    return (this.news.filter(isAbout('agent')).at(-1) as unknown as { pid: number }).pid;
  }

  /**
   * Waits for news.
   *
   * @param from - the number of news that are too old to count
   * @throws if the cluster ends by itself first: Egg's master does so if there is no agent for half a minute
   */
  async hear<W extends News['what']>(what: W, from = 0, matches: (news: Extract<News, { what: W }>) => boolean = () => true): Promise<Extract<News, { what: W }>> {
    for (let i = from; ; i++) {
      while (i >= this.news.length) {
        if (this.isOver) throw new Error(`the cluster has ended before the news ${JSON.stringify(what)}: ${this.errors}`);
        await once(this.arrivals, 'news');
      }
      const news = this.news[i];
      if (isAbout(what)(news) && matches(news)) return news;
    }
  }

  /** Waits until this many workers have said that they have started, since the start of the cluster; their processes, oldest first. */
  async hearWorkers(count: number): Promise<number[]> {
    const pids = (): number[] => this.news.filter(isAbout('worker')).map(({ pid }) => pid);
    while (pids().length < count) await this.hear('worker', this.news.length);
    return pids();
  }

  /** The ids of the sockets whose disconnect handler has finished, with its reason. */
  get left(): ReadonlyMap<string, string> {
    return new Map(this.news.filter(isAbout('left')).map(({ id, reason }) => [ id, reason ]));
  }

  /** All that its processes have written to their log files; complete once it is stopped. */
  get log(): string { return this.kept || this.readLog(); }

  /** All that its processes have printed as errors; complete once it is stopped. */
  get printed(): string { return this.errors; }

  private readLog(): string {
    const folder = path.join(this.home, 'logs');
    if (!existsSync(folder)) return '';
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.log') && !file.endsWith('common-error.log'));
    return files.map(file => readFileSync(path.join(folder, file), 'utf8')).join('');
  }

  /** Stops the cluster as an operator does; the exit code of its master. */
  async stop(): Promise<number | null> {
    this.main.kill('SIGTERM');
    return this.over();
  }

  /** Waits until it has stopped; the exit code of its master. */
  async over(): Promise<number | null> {
    const code = await this.exited;
    this.kept ||= this.readLog();
    rmSync(this.home, { recursive: true, force: true });
    return code;
  }

  /** Stops the cluster at once, because it is broken. */
  async kill(): Promise<void> {
    this.main.kill('SIGKILL');
    for (const { pid } of this.news.filter(isAbout('worker'))) kill(pid);
    await this.exited;
    // The agent ends a little later, and still writes its log.
    process.once('exit', () => rmSync(this.home, { recursive: true, force: true }));
  }
}

/** Ends a process that may have ended. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch { /* It has. */ }
}

function isAbout<W extends News['what']>(what: W) {
  return (news: News): news is Extract<News, { what: W }> => news.what === what;
}
