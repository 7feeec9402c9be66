import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { SimulatedAgent } from './agent';
import { SimulatedClock } from './clock';
import { SimulatedMachine } from './machine';
import { Random } from './random';
import { StickyClient } from './sticky_client';
import { StickyWorker } from './sticky_worker';

const WORKERS = 3;
const CLIENTS = 3;
/** Milliseconds between two things, and at the end. */
const STEP = 5;
const REST = 100;
/** Milliseconds for which nothing happens at times. */
const PAUSE = 6000;
/** Milliseconds after which nobody waits for anything any more. */
const LIMIT = 60_000;
/** Milliseconds by which the clock of the machine may be set. */
const JUMPS = [ -3_600_000, -1000, 1000, 3_600_000 ];

/** Of a client that has only polled before, as far as the workers know. */
const MARKED_CONNECT = '0{"pid":"aaaaaaaaaaaaaaaaaaaa~polling"}';

/** How often each thing happens, in relation to the others. */
const ACTIONS = { begin: 6, openWebSocket: 6, go: 30, say: 10, leave: 1 };
const FAULTS = {
  kill: 0.7, start: 1, cutLink: 0.5, cutFromAgent: 1, killAgent: 0.5, startAgent: 1, stall: 0.3, unstall: 1, jump: 0.2, pause: 1,
};

/** What has happened in one simulation. */
export interface Outcome {
  readonly taken: number;
  readonly over: number;
}

/** Workers whose sessions move before they begin, with clients and faults that a seed chooses. */
export class StickyWorld {
  readonly history: string[] = [];
  private readonly random: Random;
  private readonly clock = new SimulatedClock();
  private readonly machine = new SimulatedMachine();
  private agent = new SimulatedAgent(this.machine);
  private readonly workers: StickyWorker[] = [];
  private readonly clients: StickyClient[] = [];
  /** Whether something has happened that may end a session. */
  private isExcused = false;
  private over = 0;
  /** Whether a link has broken, so that a worker may not have been told that a session has ended. */
  private hasCut = false;

  constructor(private readonly seed: number) {
    this.random = new Random(seed);
  }

  /** @param steps - how many things happen before everything comes to rest */
  async run(steps: number): Promise<Outcome> {
    const uninstall = this.clock.install();
    try {
      await this.play(steps);
      return { taken: this.workers.reduce((sum, { taken }) => sum + taken, 0), over: this.over };
    } finally {
      for (const worker of this.workers) worker.close();
      uninstall();
    }
  }

  private async play(steps: number): Promise<void> {
    await this.agent.open();
    for (let i = 0; i < WORKERS; i++) this.start();
    for (let i = 0; i < CLIENTS; i++) {
      this.clients.push(new StickyClient(`client ${i}`, client => this.onTold(client), i === 0 ? MARKED_CONNECT : undefined));
    }
    await this.settle();
    // A third of the seeds have no faults: then no session may end.
    const actions = this.seed % 3 === 0 ? ACTIONS : { ...ACTIONS, ...FAULTS };
    for (let i = 0; i < steps; i++) {
      this.clock.advance(STEP);
      this.deliver();
      this.step(this.random.weighted(actions));
      await turn();
      this.check();
    }
    await this.rest();
    this.checkAll();
    await this.checkMemory();
  }

  private get living(): StickyWorker[] {
    return this.workers.filter(({ isAlive, isOpen }) => isAlive && isOpen);
  }

  private note(line: string): void {
    this.history.push(line);
  }

  private start(): void {
    const tag = `worker${this.workers.length}`.padEnd(8, '-').slice(0, 8);
    this.note(`${tag} starts`);
    this.workers.push(new StickyWorker(tag, this.machine, (sid, number) => this.receive(sid, number)));
  }

  private receive(sid: string, number: number): void {
    const client = this.clients.find(each => each.sid === sid);
    client?.received.push(number);
  }

  private onTold({ name }: StickyClient): void {
    this.note(`${name} is told that its session is over`);
    this.over += 1;
    assert.ok(this.isExcused, `${name} has lost its session`);
  }

  private readonly ownerOf = (tag: string): StickyWorker | undefined => this.workers.find(worker => worker.tag === tag && worker.isAlive);

  private step(action: keyof typeof ACTIONS | keyof typeof FAULTS): void {
    const { random, machine } = this;
    const worker = random.pick(this.living);
    const client = random.pick(this.clients);
    switch (action) {
      case 'begin':
        if (!client.isOver) return;
        this.note(`${client.name} begins a session at ${worker.tag}`);
        return client.begin(worker);
      case 'openWebSocket':
        if (!client.isOver) this.note(`a WebSocket of ${client.name} reaches ${worker.tag}`);
        return client.openWebSocket(worker, this.ownerOf);
      case 'go': return client.go();
      case 'say': return client.say();
      case 'leave':
        if (client.isOver) return;
        this.note(`${client.name} leaves`);
        return client.leave();
      case 'start':
        if (this.workers.filter(({ isAlive }) => isAlive).length < WORKERS) this.start();
        return;
      case 'startAgent':
        if (!this.agent.isAlive) this.startAgent();
        return;
    }
    this.isExcused ||= action !== 'killAgent' && action !== 'cutFromAgent' && action !== 'unstall';
    this.note(`${action} ${worker.tag}`);
    switch (action) {
      case 'kill':
        if (this.living.length > 1) worker.kill();
        return;
      case 'cutLink':
        this.hasCut = true;
        return this.cut(machine.acceptedBy(worker.process).filter(({ peer: { isAlive } }) => isAlive));
      case 'cutFromAgent': return this.cut(machine.acceptedBy(this.agent.process));
      case 'killAgent': return this.agent.kill();
      case 'stall':
      case 'unstall': return machine.stall(worker.process, action === 'stall');
      case 'pause': return this.clock.advance(PAUSE);
      case 'jump': this.clock.jump(random.pick(JUMPS));
    }
  }

  private cut(connections: ReturnType<SimulatedMachine['acceptedBy']>): void {
    if (connections.length > 0) this.random.pick(connections).destroy();
  }

  private startAgent(): void {
    this.note('an agent starts');
    this.agent = new SimulatedAgent(this.machine);
    void this.agent.open();
  }

  private deliver(): void {
    const { ready } = this.machine;
    if (ready.length > 0) this.random.pick(ready)();
  }

  /** Never two owners of a session; and what a client has sent comes once, in order. */
  private check(): void {
    for (const client of this.clients) {
      const { name, sid, received } = client;
      client.look();
      const owners = this.workers.filter(({ isAlive, handedOver }) => isAlive && handedOver.has(sid)).map(({ tag }) => tag);
      assert.ok(owners.length < 2, `the session of ${name} is at ${owners.join(' and ')}`);
      assert.ok(client.connects < 2, `${name} was connected twice`);
      assert.deepEqual(received, received.map((_, i) => i + 1), `${name}: ${received.join()} came`);
    }
  }

  private async rest(): Promise<void> {
    this.note('everything comes to rest');
    for (const { process } of this.workers) this.machine.stall(process, false);
    if (!this.agent.isAlive) this.startAgent();
    for (let waited = 0; waited < LIMIT; waited += REST) {
      this.clock.advance(REST);
      for (const client of this.clients) client.go();
      await this.settle();
      this.check();
      if (waited > REST * 20 && this.clients.every(client => this.isDone(client))) return;
    }
  }

  private isDone({ isOver, sid, sent, received, connects }: StickyClient): boolean {
    return isOver || (connects === 1 && received.length === sent && this.living.some(({ handedOver }) => handedOver.has(sid)));
  }

  /** Each client that was not told otherwise has its session in one worker, which has got all that it has sent. */
  private checkAll(): void {
    for (const client of this.clients) {
      assert.ok(this.isDone(client), `${client.name} has sent ${client.sent} messages; ${client.received.join()} came, and it was connected ${client.connects} times`);
    }
  }

  private async checkMemory(): Promise<void> {
    for (const client of this.clients) if (!client.isOver) client.leave();
    for (let waited = 0; waited < LIMIT; waited += REST * 50) {
      this.clock.advance(REST * 50);
      await this.settle();
    }
    for (const { tag, figures: { moved, ...figures } } of this.living) {
      // If that is lost, the owner only forgets where a session has moved to when its taker is gone.
      assert.ok(moved === 0 || this.hasCut, tag);
      assert.deepEqual(figures, { reserved: 0, attempts: 0, held: 0, sessions: 0 }, tag);
    }
  }

  private async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      const { ready } = this.machine;
      quiet = ready.length === 0 ? quiet + 1 : 0;
      for (const step of ready) step();
      await turn();
    }
  }
}
