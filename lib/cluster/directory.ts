import { rmdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import type { EggLogger } from 'egg';
import { encodeFrame, FrameReader } from './frames';
import type { Member } from './port';
import { ensureFolder, isAlive, isTag, type Rendezvous, sweepFolders } from './rendezvous';

/** The messages from the agent to the workers. */
export type DirectoryMessage =
  /**
   * All workers that are connected to the agent. `epoch` identifies the agent's life, `version` increases by one with each change: only
   * workers with an older version of the plugin look at them.
   */
  | { type: 'members'; epoch: string; version: number; members: Member[] }
  /** A message of the agent to the adapters of all workers. */
  | { type: 'broadcast'; message: unknown };

/** The message from a worker to the agent. */
export interface Registration { type: 'register'; member: Member }

/** The maximum size of a registration in bytes. */
const MOST = 64 * 1024;
/** Bytes that may wait for a worker that does not read; beyond that it misses the agent's messages for clients. */
const MOST_WAITING = 64 * 1024 * 1024;

function isRegistration(message: unknown, { endpointOf }: Rendezvous): message is Registration {
  const { type, member } = (message ?? {}) as Partial<Registration>;
  // When a worker is gone, the file of its endpoint is removed: it must not be any other file.
  return type === 'register' && typeof member?.pid === 'number' && isTag(member.tag) && member.endpoint === endpointOf(member.tag);
}

/** Milliseconds after which the socket file of a worker that is gone is removed. */
const SWEEP_DELAY = 1000;

/** A killed worker leaves its socket file; one that has only lost its connection to the agent still needs it. */
async function removeDeadSocketFile({ endpoint }: Member): Promise<void> {
  if (!await isAlive(endpoint)) rmSync(endpoint, { force: true });
}

/**
 * The agent's list of workers, by which they find each other. It has those that are connected to the agent: a worker that is not may be
 * gone, or register again.
 */
export class Directory {
  private readonly epoch = randomUUID();
  private version = 0;
  private readonly members = new Map<Socket, Member>();
  private readonly server: Server;
  private refused = false;
  /** Workers that were logged because they do not read. */
  private readonly skipped = new Set<string>();

  constructor(private readonly rendezvous: Rendezvous, private readonly logger: EggLogger) {
    this.server = createServer(socket => this.accept(socket));
  }

  /** Removes the remains of killed clusters, and listens. */
  async open(): Promise<void> {
    ensureFolder(this.rendezvous);
    await sweepFolders(this.rendezvous);
    // The previous agent of this cluster is dead: Egg's master starts the next one only then.
    if (this.rendezvous.folder) rmSync(this.rendezvous.agentEndpoint, { force: true });
    await this.rendezvous.sockets.listen(this.server, this.rendezvous.agentEndpoint);
  }

  /** Sends a message of the agent to all workers. */
  broadcast(message: unknown): void {
    this.tell({ type: 'broadcast', message });
  }

  /** Stops listening. The workers continue with their last list. */
  async close(): Promise<void> {
    for (const socket of this.members.keys()) socket.destroy();
    if (this.server.listening) await new Promise<void>(resolve => { this.server.close(() => resolve()); });
    if (this.rendezvous.folder) {
      try {
        rmdirSync(this.rendezvous.folder);
      } catch {
        // A live worker needs it; the next agent removes it at its start.
      }
    }
  }

  private accept(socket: Socket): void {
    const reader = new FrameReader(message => {
      if (!isRegistration(message, this.rendezvous)) throw new Error('not a registration');
      this.members.set(socket, message.member);
      this.publish();
    }, MOST);
    socket.on('data', chunk => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.refuse(error as Error);
        socket.destroy();
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      const member = this.members.get(socket);
      if (!member) return;
      this.members.delete(socket);
      this.skipped.delete(member.tag);
      this.publish();
      // Later, because the system may close this connection of a killed worker shortly before its endpoint.
      if (this.rendezvous.folder) setTimeout(() => { void removeDeadSocketFile(member); }, SWEEP_DELAY).unref();
    });
  }

  private refuse(error: Error): void {
    if (this.refused) return;
    this.refused = true;
    this.logger.warn('[egg-socketio] %s: closed a connection that was not from a worker of this app (%s); further ones are not logged.',
      this.rendezvous.agentEndpoint, error.message);
  }

  private skip(tag: string, pid: number): void {
    if (this.skipped.has(tag)) return;
    this.skipped.add(tag);
    this.logger.error('[egg-socketio] worker %s (pid %d) does not read what the agent sends: its clients miss what agent.io sends, until it reads again.', tag, pid);
  }

  private publish(): void {
    this.version += 1;
    this.tell({ type: 'members', epoch: this.epoch, version: this.version, members: [ ...this.members.values() ] });
  }

  private tell(message: DirectoryMessage): void {
    const frame = encodeFrame(message);
    for (const [ socket, { tag, pid }] of this.members) {
      if (message.type === 'broadcast' && socket.writableLength > MOST_WAITING) this.skip(tag, pid);
      else socket.write(frame);
    }
  }
}
