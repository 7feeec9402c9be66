import { scheduler } from 'node:timers/promises';
import { Player } from './player';
import type { Settings } from './settings';
import type { AppSpec, Call, ClientSpec, Step, Story } from './story';

/** Each client's view of one step, by its name. */
export type Views = ReadonlyMap<string, readonly string[]>;
/** The views of all steps; the first is of everybody's connecting. */
export type History = readonly Views[];

/** The clients of the worker that was stopped or killed, by the step: the other side has to do the same to the same ones. */
export type Ended = Map<number, readonly string[]>;

/** One of the two servers that a story is played on. */
export interface Side {
  readonly url: string;
  /** Plain Socket.IO: it has one process, and does not recover a client whose loss it has not noticed. */
  readonly isPlain: boolean;
  /** The plugin's: resolves once Egg's master knows of the end of one more worker. */
  nextDeath?(): Promise<void>;
  /** The plugin's: resolves once all workers are there. */
  whole?(): Promise<void>;
}

/** In place of a client's name: what is lost for good. */
const LOST = 'the test';
/** Milliseconds in which servers have to agree on who is there. */
const AGREEMENT = 15_000;
/** Milliseconds between two looks at that. */
const LOOK = 10;

/** Plays a story on one side. */
export class Playing {
  private readonly players: readonly Player[];
  private readonly paths: readonly string[];
  private marks = 0;
  /** Resolves once the worker that was ended last is gone. */
  private death: Promise<void> | undefined;

  constructor(
    private readonly side: Side, app: AppSpec, private readonly story: Story, private readonly settings: Settings,
    private readonly ended: Ended,
  ) {
    this.paths = app.namespaces.map(({ path }) => path);
    this.players = story.clients.map((spec, i) => new Player({
      url: side.url, name: `client ${i}`, address: `127.0.0.${i + 2}`, spec, paths: spec.namespaces.map(nsp => this.paths[nsp]), parser: settings.parser,
    }));
  }

  async play(): Promise<History> {
    const history: Views[] = [];
    try {
      for (const player of this.players) await player.connect();
      history.push(await this.look());
      for (const [ i, step ] of this.story.steps.entries()) {
        // Where something is lost for good, each further step would wait for it in vain.
        if (history.at(-1)!.has(LOST)) break;
        await this.take(step, i);
        history.push(await this.look());
      }
      return history;
    } finally {
      for (const player of this.players) player.end();
    }
  }

  private clientOf({ client }: { client: number }): { player: Player; spec: ClientSpec } {
    const index = client % this.players.length;
    return { player: this.players[index], spec: this.story.clients[index] };
  }

  /** A step that means nothing in the present state is left out, on both sides. */
  private async take(step: Step, number: number): Promise<void> {
    const { player, spec } = this.clientOf(step);
    const { connectedTo } = player;
    if (step.kind === 'end worker') {
      for (const each of this.players) if (!each.isConnected) await each.open();
      if (player.isConnected) await this.endWorker(player, number);
      return;
    }
    if (step.kind === 'back') {
      if (!player.isConnected) await player.open();
      return;
    }
    if (!player.isConnected) return;
    switch (step.kind) {
      case 'emit':
        await player.emit(connectedTo[step.nsp % connectedTo.length], step.calls);
        return;
      case 'break':
        await player.breakOff();
        return;
      case 'leave':
        player.leave();
        return;
      case 'vanish': {
        const { recovery, adapter } = this.settings;
        // docs/options.md: with Redis streams such a client is a new one.
        const unnoticed = !this.side.isPlain && recovery && adapter === 'embedded' && spec.protocol === 4;
        await (unnoticed ? player.vanish() : player.breakOff());
        if (!unnoticed) await this.agree();
        await this.sendMeanwhile(step, player);
        await player.open();
      }
    }
  }

  private async sendMeanwhile({ nsp, meanwhile }: { nsp: number; meanwhile: readonly Call[] }, absent: Player): Promise<void> {
    const path = this.paths[nsp % this.paths.length];
    const other = this.players.find(each => each !== absent && each.connectedTo.includes(path));
    if (!other) return;
    await other.emit(path, meanwhile);
    await this.mark(path);
  }

  private async endWorker(player: Player, number: number): Promise<void> {
    const affected = await (this.side.isPlain ? this.breakAsRecorded(number) : this.endWorkerOf(player, number));
    // A connection that Egg's master passes to a worker at its very end is lost without a word, as in any app of Node's cluster. So the
    // clients of a killed worker come back after its end. Those of a stopped one do so while it is there, and everything else waits.
    if (this.settings.ending === 'kill') await this.death;
    for (const each of affected) await each.open();
    await this.death;
  }

  private async endWorkerOf(player: Player, number: number): Promise<readonly Player[]> {
    await this.side.whole?.();
    const pids = new Map<Player, unknown>();
    for (const each of this.players) if (each.isConnected) pids.set(each, await each.query(each.connectedTo[0], 'pid'));
    const pid = pids.get(player);
    const affected = this.players.filter(each => pids.get(each) === pid);
    this.ended.set(number, affected.map(({ name }) => name));
    this.death = this.side.nextDeath?.();
    process.kill(pid as number, this.settings.ending === 'kill' ? 'SIGKILL' : 'SIGTERM');
    await Promise.all(affected.map(each => each.awaitDown()));
    return affected;
  }

  private async breakAsRecorded(number: number): Promise<readonly Player[]> {
    const affected = this.players.filter(({ name }) => this.ended.get(number)?.includes(name));
    for (const each of affected) if (each.isConnected) await each.breakOff();
    await this.agree();
    return affected;
  }

  /** Waits until all that was sent has arrived and all servers know who is there, and takes what clients have seen. */
  private async look(): Promise<Views> {
    for (const path of this.paths) await this.mark(path);
    const disagreement = await this.agree();
    const views = new Map(this.players.map(player => [ player.name, player.takeView() ]));
    const deaf = this.players.filter(player => player.isDeaf).map(({ name }) => `${name} hears nothing any more`);
    const lost = disagreement ? [ ...deaf, disagreement ] : deaf;
    return lost.length > 0 ? views.set(LOST, lost) : views;
  }

  private connectedTo(path: string): readonly Player[] {
    return this.players.filter(({ connectedTo }) => connectedTo.includes(path));
  }

  /** Has a client send a mark to its namespace, and waits until everybody there has got it. */
  private async mark(path: string): Promise<void> {
    for (let [ actor ] = this.connectedTo(path); actor; [ actor ] = this.connectedTo(path)) {
      const number = this.marks++;
      const isSent = await actor.query(path, 'mark', number);
      // Its server has disconnected it, because of an event before the mark, which nobody hears then: another client has to send one.
      if (isSent === undefined) continue;
      await Promise.all(this.connectedTo(path).map(player => player.awaitMark(path, number)));
      return;
    }
  }

  /**
   * Waits until the servers say of each namespace that those are there who say so themselves. A client of protocol 3 is in `/` without
   * asking, also if all namespaces that it has asked for refuse it.
   */
  private async agree(): Promise<string | undefined> {
    for (const path of this.paths) {
      const there = this.connectedTo(path);
      const expected = this.players.filter((player, i) => there.includes(player) || (path === '/' && player.isOpen && this.story.clients[i].protocol === 3))
        .map(({ name }) => name).sort().join();
      if (there.length === 0) continue;
      for (const end = Date.now() + AGREEMENT; ;) {
        const present = await there[0].query(path, 'present');
        if (String(present) === expected) break;
        if (Date.now() > end) return `${path} has ${String(present)}, and not ${expected}`;
        await scheduler.wait(LOOK);
      }
    }
    return undefined;
  }
}
