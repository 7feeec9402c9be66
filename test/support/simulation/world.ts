import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { SimulatedClient } from './client';
import { SimulatedAgent } from './agent';
import { SimulatedClock } from './clock';
import { SimulatedMachine } from './machine';
import { Random } from './random';
import { SimulatedMarks, SimulatedWorker } from './worker';

/** Milliseconds until everything has come to rest: nobody waits longer. */
const LIMIT = 15_000;
/** Milliseconds that pass at a time meanwhile. */
const REST = 100;
/** Milliseconds after which a worker looks again for one that it could not reach. */
const RETRY = 1000;
/** Milliseconds after which no client can come back, wherever the clock was set to. */
const FORGOTTEN = 86_400_000;
/** Milliseconds by which the clock of the machine may be set. */
const JUMPS = [ -3_600_000, -1000, 1000, 3_600_000 ];
/** Milliseconds between two things. */
const STEP = 2;
const WORKERS = 3;
const CLIENTS = 4;

/** A message that a client has to get, if its session goes on. */
interface Owed {
  readonly sender: string;
  readonly number: number;
}

/** A client, and its session at a time. */
interface Member {
  readonly client: SimulatedClient;
  readonly pid: string | undefined;
}

/** How often each thing happens, in relation to the others. */
const ACTIONS = {
  deliver: 30, read: 30, broadcast: 10, private: 10, privateFromElsewhere: 4, count: 4, break: 4, return: 8, kill: 1, killWithinTurn: 1.5,
  killWhileConnecting: 0.5, stall: 1, unstall: 2, start: 2, sweep: 1, cutFromAgent: 1.5, killAgent: 0.5, startAgent: 1, cutLink: 1,
  fill: 0.5, free: 1, jump: 0.1,
};

/** Other weights of some of them. */
export type Weights = Partial<typeof ACTIONS>;

/** The events of one simulation, counted. */
export interface Outcome {
  readonly recovered: number;
  readonly renewed: number;
  readonly kills: number;
}

/** Workers, clients and links whose every step is chosen by a seed, and what has to hold for each client. */
export class World {
  readonly history: string[] = [];
  private readonly random: Random;
  private readonly machine = new SimulatedMachine();
  private agent = new SimulatedAgent(this.machine);
  private readonly marks = new SimulatedMarks();
  private readonly workers: SimulatedWorker[] = [];
  private readonly clients: SimulatedClient[] = [];
  private readonly owed = new Map<SimulatedClient, Owed[]>();
  /** Broadcasts of workers that were killed in the same turn: all members get one, or nobody. */
  private together: (Owed & { readonly members: readonly Member[] })[] = [];
  /** The links that have ever been cut: `<from> <to>`. */
  private readonly cutLinks = new Set<string>();
  private readonly clock = new SimulatedClock();
  private kills = 0;

  constructor(seed: number, private readonly weights: Weights = {}) {
    this.random = new Random(seed);
  }

  /** @param steps - how many things happen before everything comes to rest */
  async run(steps: number): Promise<Outcome> {
    const uninstall = this.clock.install();
    try {
      return await this.play(steps);
    } finally {
      uninstall();
      for (const worker of this.workers) worker.close();
    }
  }

  private async play(steps: number): Promise<Outcome> {
    await this.agent.open();
    for (let i = 0; i < WORKERS; i++) this.start();
    for (let i = 0; i < CLIENTS; i++) {
      const client = new SimulatedClient(`client ${i}`, (each, isRecovered) => this.onSession(each, isRecovered));
      this.clients.push(client);
      this.owed.set(client, []);
    }
    await this.settle();
    for (let i = 0; i < steps; i++) {
      this.clock.advance(STEP);
      this.deliver();
      this.step();
      await turn();
      this.notice();
      this.checkOrder();
      this.checkOwners();
    }
    await this.rest();
    this.checkAll();
    await this.checkMemory();
    const sum = (key: 'recovered' | 'renewed') => this.clients.reduce((total, client) => total + client[key], 0);
    return { recovered: sum('recovered'), renewed: sum('renewed'), kills: this.kills };
  }

  private get living(): SimulatedWorker[] {
    return this.workers.filter(({ isAlive, isOpen }) => isAlive && isOpen);
  }

  private note(line: string): void {
    this.history.push(line);
  }

  private start(): void {
    const worker = new SimulatedWorker(`worker${this.workers.length}`.padEnd(8, '-').slice(0, 8), this.machine, this.marks);
    this.workers.push(worker);
    this.note(`${worker.tag} starts`);
  }

  private step(): void {
    const { random } = this;
    const worker = random.pick(this.living);
    const client = random.pick(this.clients);
    const action = random.weighted({ ...ACTIONS, ...this.weights });
    switch (action) {
      case 'deliver': return this.deliver();
      case 'read': return this.read();
      case 'broadcast': return this.broadcast(worker);
      case 'private': return this.tell(client);
      case 'privateFromElsewhere': return this.tellFrom(worker, client);
      case 'count':
        if (client.isConnected) client.count();
        return;
      case 'break': return this.break(client);
      case 'return': return this.comeBack(client);
      case 'kill': return this.kill(worker);
      case 'killWithinTurn': return this.killWithinTurn(worker, client);
      case 'killWhileConnecting': return this.killWhileConnecting(worker, client);
      case 'stall':
      case 'unstall':
        this.note(`${worker.tag}: ${action}`);
        return this.machine.stall(worker.process, action === 'stall');
      case 'start':
        if (this.workers.filter(({ isAlive }) => isAlive).length < WORKERS) this.start();
        return;
      case 'cutFromAgent': return this.cutFromAgent();
      case 'killAgent':
        if (!this.agent.isAlive) return;
        this.note('the agent is killed');
        return this.agent.kill();
      case 'startAgent':
        if (!this.agent.isAlive) this.startAgent();
        return;
      case 'cutLink': return this.cutLink(worker);
      case 'fill':
      case 'free':
        this.note(`${worker.tag} has ${action === 'fill' ? 'no ' : ''}file descriptors`);
        worker.process.isFull = action === 'fill';
        return;
      case 'jump': return this.jump();
      case 'sweep':
        worker.Adapter.sweep();
    }
  }

  private deliver(): void {
    const { ready } = this.machine;
    if (ready.length > 0) this.random.pick(ready)();
  }

  private read(): void {
    const readers = this.clients.filter(({ hasMail }) => hasMail);
    if (readers.length > 0) this.random.pick(readers).read();
  }

  private broadcast(worker: SimulatedWorker): void {
    const number = ++worker.sent;
    this.note(`${worker.tag} broadcasts ${number}`);
    worker.io.to('room').emit('message', worker.tag, number);
    this.owe(worker, number, this.clients);
  }

  private tell(client: SimulatedClient): void {
    const { worker } = client;
    const socket = worker?.isAlive ? worker.socketOf(client.id) : undefined;
    if (!socket || !client.isConnected) return;
    const number = ++worker!.sent;
    this.note(`${worker!.tag} tells ${client.name} ${number}`);
    socket.emit('message', worker!.tag, number);
    this.owe(worker!, number, [ client ]);
  }

  private tellFrom(worker: SimulatedWorker, client: SimulatedClient): void {
    if (client.id === undefined) return;
    const number = ++worker.sent;
    this.note(`${worker.tag} tells ${client.name} ${number} through its room`);
    worker.io.to(client.id).emit('message', worker.tag, number);
    this.owe(worker, number, [ client ]);
  }

  /** Unless the system has not taken all of a worker's messages: then the message is lost with the worker. */
  private owe(worker: SimulatedWorker, number: number, clients: readonly SimulatedClient[]): void {
    setImmediate(() => {
      if (!worker.isAlive || !this.reachesAll(worker)) return;
      for (const client of clients) {
        if (client.isConnected || client.pid !== undefined) this.owed.get(client)!.push({ sender: worker.tag, number });
      }
    });
  }

  private break(client: SimulatedClient): void {
    if (!client.connection) return;
    const isNoticed = this.random.next() < 0.7;
    this.note(`${client.name} loses its connection${isNoticed ? '' : ', which nobody notices'}`);
    client.break(isNoticed && client.worker!.isAlive);
  }

  private comeBack(client: SimulatedClient): void {
    if (client.connection) return;
    const worker = this.random.pick(this.living);
    this.note(`${client.name} connects to ${worker.tag} with offset ${client.offset}`);
    client.connect(worker);
  }

  /** One that must not be killed now: the last one, or one that has lost something and could not notice it yet. */
  private isNeeded({ process }: SimulatedWorker): boolean {
    return this.living.length === 1 || this.machine.isLossy(process);
  }

  private kill(worker: SimulatedWorker): void {
    if (this.isNeeded(worker)) return;
    this.note(`${worker.tag} is killed`);
    this.kills += 1;
    this.excuse(worker);
    worker.kill();
    for (const client of this.clients.filter(each => each.worker === worker && each.connection)) {
      // What was written arrives, or some of it.
      while (client.hasMail && this.random.next() < 0.8) client.read();
      client.break(false);
    }
  }

  /** A worker is killed: what a broken link of it has not sent again is lost, unless another worker has it. */
  private excuse({ tag, cluster: { peers } }: SimulatedWorker): void {
    const behind = this.workers.filter(other => other.isAlive && other.tag !== tag && peers.isBehind(other.tag));
    if (!behind.some(other => !other.process.isStalled || this.cutLinks.has(`${tag} ${other.tag}`))) return;
    for (const [ client, owed ] of this.owed) this.owed.set(client, owed.filter(({ sender }) => sender !== tag));
    this.together = this.together.filter(({ sender }) => sender !== tag);
  }

  /** As by the kernel, in the middle of what the worker does. */
  private killWithinTurn(worker: SimulatedWorker, client: SimulatedClient): void {
    if (this.isNeeded(worker)) return;
    for (let i = this.random.below(4); i > 0; i--) {
      const number = ++worker.sent;
      const socket = worker.socketOf(client.id);
      const isPrivate = socket !== undefined && this.random.next() < 0.5;
      this.note(`${worker.tag} sends ${number}${isPrivate ? ` to ${client.name}` : ''}, and is killed in the same turn`);
      if (isPrivate) {
        socket.emit('message', worker.tag, number);
        continue;
      }
      worker.io.to('room').emit('message', worker.tag, number);
      const members = this.clients.filter(({ isConnected }) => isConnected).map(each => ({ client: each, pid: each.pid }));
      if (this.reachesAll(worker)) this.together.push({ sender: worker.tag, number, members });
    }
    this.kill(worker);
  }

  private killWhileConnecting(worker: SimulatedWorker, client: SimulatedClient): void {
    if (client.connection || this.living.length === 1) return;
    this.note(`${client.name} connects to ${worker.tag}, which is killed meanwhile`);
    client.connect(worker);
    let moment = Promise.resolve();
    for (let i = this.random.below(20); i > 0; i--) moment = moment.then(() => undefined);
    void moment.then(() => {
      if (worker.isAlive && this.living.length > 1) this.kill(worker);
    });
  }

  private cutFromAgent(): void {
    const connections = this.machine.acceptedBy(this.agent.process);
    if (connections.length === 0) return;
    const connection = this.random.pick(connections);
    this.note(`${connection.peer.name} loses its connection to the agent`);
    connection.destroy();
  }

  /** Messages in transit have to be sent again. */
  private cutLink(to: SimulatedWorker): void {
    const links = this.machine.acceptedBy(to.process).filter(({ peer: { isAlive } }) => isAlive);
    if (links.length === 0) return;
    const link = this.random.pick(links);
    const { name: from } = link.peer;
    this.note(`the link from ${from} to ${to.tag} breaks`);
    this.cutLinks.add(`${from} ${to.tag}`);
    link.destroy();
  }

  private jump(): void {
    const milliseconds = this.random.pick(JUMPS);
    this.note(`the clock jumps by ${milliseconds} ms`);
    this.clock.jump(milliseconds);
  }

  private startAgent(): void {
    this.note('an agent starts');
    this.agent = new SimulatedAgent(this.machine);
    void this.agent.open();
  }

  /** Whether the system takes what a worker sends to all others; one that the agent does not list may not be known to it. */
  private reachesAll({ cluster: { peers }, process }: SimulatedWorker): boolean {
    const others = this.workers.filter(({ isAlive, tag }) => isAlive && tag !== peers.tag);
    return !this.machine.isLossy(process) && others.every(other => !other.process.isStalled && !peers.isBehind(other.tag));
  }

  /** Whether the links between all workers are open, and the system has taken everything. */
  private get areLinked(): boolean {
    const { living } = this;
    return living.every(({ tag, cluster: { peers } }) => living.every(other => other.tag === tag || !peers.isBehind(other.tag)));
  }

  private onSession(client: SimulatedClient, isRecovered: boolean): void {
    this.note(`${client.name} is ${isRecovered ? 'recovered' : 'new'}, with id ${client.id}`);
    if (!isRecovered) this.owed.set(client, []);
    else this.checkState(client);
  }

  /** Its data and rooms are those of the last ack. */
  private checkState(client: SimulatedClient): void {
    const socket = client.worker!.socketOf(client.id);
    if (!socket) return;
    const { count = 0 } = socket.data as { count?: number };
    assert.ok(count >= client.acked && count <= client.sent, `${client.name}: its data is ${count}; ${client.acked} was acked, ${client.sent} sent`);
    assert.ok(socket.rooms.has('room'), `${client.name} is in no room`);
  }

  /** A session is connected to, or waits in, one worker at most. */
  private checkOwners(): void {
    const owners = new Map<string, string>();
    for (const { tag, pids } of this.workers.filter(({ isAlive }) => isAlive)) {
      for (const pid of pids) {
        assert.ok(!owners.has(pid), `${tag} and ${owners.get(pid)} have the same session`);
        owners.set(pid, tag);
      }
    }
  }

  /** No client gets a message twice, or two of a sender in the wrong order. */
  private checkOrder(): void {
    for (const { name, received } of this.clients) {
      const last = new Map<string, number>();
      for (const { sender, number } of received) {
        assert.ok(number > (last.get(sender) ?? 0), `${name}: message ${number} of ${sender} came after ${last.get(sender)}`);
        last.set(sender, number);
      }
    }
  }

  /** Nothing is missing in a session that goes on. */
  private checkAll(): void {
    this.checkOrder();
    for (const client of this.clients) {
      assert.ok(client.isConnected, `${client.name} is not connected in the end`);
      const has = new Set(client.received.map(({ sender, number }) => `${sender} ${number}`));
      const missing = this.owed.get(client)!.filter(({ sender, number }) => !has.has(`${sender} ${number}`));
      assert.ok(missing.length === 0, `${client.name} has not got ${JSON.stringify(missing)}`);
    }
    for (const { sender, number, members } of this.together) {
      const here = members.filter(({ client, pid }) => client.pid === pid);
      const having = here.filter(({ client: { received } }) => received.some(each => each.sender === sender && each.number === number));
      assert.ok(having.length === 0 || having.length === here.length, `only some have got message ${number} of ${sender}`);
    }
    for (const worker of this.workers) assert.deepEqual(worker.errors, [], worker.tag);
  }

  /** Nothing is left of clients that have gone for good, nor of workers that were killed. */
  private async checkMemory(): Promise<void> {
    for (const client of this.clients) client.leave();
    await this.settle();
    for (const worker of this.living) worker.ping();
    for (let i = 0; i < 5; i++) {
      this.clock.advance(RETRY);
      await this.settle();
    }
    for (let i = 0; i < 2; i++) {
      this.clock.skip(FORGOTTEN);
      for (const { Adapter } of this.living) Adapter.sweep();
      await this.settle();
    }
    const others = this.living.length - 1;
    const expected = { sessions: 0, packets: 0, copies: 0, siblings: others, links: others, incoming: others };
    for (const { tag, figures } of this.living) assert.deepEqual(figures, expected, tag);
  }

  /** Clients see that their worker has closed the connection. */
  private notice(): void {
    for (const client of this.clients) {
      if (!client.isCut) continue;
      this.note(`${client.name} is disconnected by ${client.worker!.tag}`);
      client.break(false);
    }
  }

  /** Everything arrives, and every client comes back. */
  private async rest(): Promise<void> {
    this.note('everything comes to rest');
    for (const { process } of this.workers) {
      this.machine.stall(process, false);
      process.isFull = false;
    }
    if (!this.agent.isAlive) this.startAgent();
    let waited = 0;
    do {
      this.clock.advance(REST);
      waited += REST;
      await this.settle();
      this.notice();
      for (const client of this.clients) this.comeBack(client);
      await this.settle();
      this.notice();
    } while (waited < LIMIT && !(this.areLinked && this.clients.every(({ connection, isConnected }) => isConnected && connection)));
  }

  private async settle(): Promise<void> {
    for (let quiet = 0; quiet < 4;) {
      const { ready } = this.machine;
      const readers = this.clients.filter(({ hasMail }) => hasMail);
      if (ready.length === 0 && readers.length === 0) quiet += 1;
      else quiet = 0;
      for (const step of ready) step();
      for (const reader of readers) reader.read();
      await turn();
    }
  }
}
