import type { Server, Socket } from 'node:net';
import type { Rendezvous } from '../../../lib/cluster/rendezvous';
import { failure, type SimulatedProcess, SimulatedSocket } from './socket';

interface Listening { readonly owner: SimulatedProcess; readonly server: Server }
/** A connection that its process has not accepted yet. */
interface Waiting { readonly listening: Listening; readonly far: SimulatedSocket }

/** The endpoint of the agent. */
const AGENT = 'agent';

/** Processes on one machine, and the connections between them, whose every step is the simulation's. */
export class SimulatedMachine {
  private readonly listening = new Map<string, Listening>();
  private waiting: Waiting[] = [];
  /** All ends that are open. */
  private readonly ends = new Set<SimulatedSocket>();

  /** What the code of a process uses to find the others. */
  rendezvousOf(owner: SimulatedProcess): Rendezvous {
    return {
      folder: undefined, agentEndpoint: AGENT, endpointOf: tag => tag,
      sockets: {
        connect: endpoint => this.connect(owner, endpoint) as unknown as Socket,
        listen: (server, endpoint) => {
          this.listening.set(endpoint, { owner, server });
          return Promise.resolve();
        },
      },
    };
  }

  /** What can happen next: each function does one thing. */
  get ready(): readonly (() => void)[] {
    const steps: (() => void)[] = [];
    for (const waiting of this.waiting) {
      if (!waiting.listening.owner.isStalled) steps.push(() => this.acceptConnection(waiting));
    }
    for (const end of this.ends) if (end.isReady) steps.push(() => end.deliver());
    return steps;
  }

  /** Whether the system accepts what a process sends to another one. */
  stall(process: SimulatedProcess, isStalled: boolean): void {
    process.isStalled = isStalled;
    if (!isStalled) for (const end of this.ends) end.accept();
  }

  /** Ends a process as `kill -9` does: what the system has accepted arrives. */
  kill(process: SimulatedProcess): void {
    process.isAlive = false;
    for (const [ endpoint, { owner }] of this.listening) if (owner === process) this.listening.delete(endpoint);
    for (const { listening, far } of this.waiting) if (listening.owner === process) far.vanish();
    this.waiting = this.waiting.filter(({ listening }) => listening.owner !== process);
    for (const end of this.ends) {
      if (end.owner !== process) continue;
      end.vanish();
      this.ends.delete(end);
    }
  }

  /** The ends that a process has of connections which others have opened to an endpoint of its own. */
  acceptedBy(process: SimulatedProcess): readonly SimulatedSocket[] {
    return [ ...this.ends ].filter(end => end.owner === process && end.isAccepted && !end.destroyed);
  }

  /** Whether a process has not noticed yet that one that lives has closed a connection to it. */
  isLossy(process: SimulatedProcess): boolean {
    return [ ...this.ends ].some(end => end.owner === process && end.isLossy);
  }

  private connect(owner: SimulatedProcess, endpoint: string): SimulatedSocket {
    const near = new SimulatedSocket(owner, done => {
      process.nextTick(() => {
        const listening = this.listening.get(endpoint);
        if (!listening || !owner.isAlive) {
          done(failure('ECONNREFUSED'));
          return;
        }
        const far = new SimulatedSocket(listening.owner);
        near.join(far);
        this.add(near);
        this.waiting.push({ listening, far });
        done();
        near.emit('connect');
      });
    });
    return near;
  }

  private acceptConnection(waiting: Waiting): void {
    this.waiting.splice(this.waiting.indexOf(waiting), 1);
    const { listening: { owner, server }, far } = waiting;
    if (owner.isFull) {
      far.vanish();
      return;
    }
    far.isAccepted = true;
    this.add(far);
    server.emit('connection', far);
  }

  private add(end: SimulatedSocket): void {
    this.ends.add(end);
    end.once('close', () => this.ends.delete(end));
  }
}
