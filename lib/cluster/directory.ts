import { rmdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import type { EggLogger } from 'egg';
import { encodeFrame, FrameReader } from './frames';
import type { Member } from './port';
import { ensureFolder, isAlive, isTag, type Rendezvous, sweepFolders } from './rendezvous';

/** What the agent tells the workers. */
export type DirectoryMessage =
  /** Everybody who lives. `epoch` is the agent's life, `version` grows in it by one with each change. */
  | { type: 'members'; epoch: string; version: number; members: Member[] }
  /** A message of the agent's own to the adapters of all workers. */
  | { type: 'broadcast'; message: unknown };

/** What a worker tells the agent. */
export interface Registration { type: 'register'; member: Member }

/** Bytes of a registration, at most. */
const MOST = 64 * 1024;
/** Bytes that may wait for a worker that does not read; then it misses what the agent says to clients. */
const MOST_WAITING = 64 * 1024 * 1024;

function isRegistration(message: unknown, { endpointOf }: Rendezvous): message is Registration {
  const { type, member } = (message ?? {}) as Partial<Registration>;
  // When a worker is gone, the file of its endpoint is removed: it must be no other one.
  return type === 'register' && typeof member?.pid === 'number' && isTag(member.tag) && member.endpoint === endpointOf(member.tag);
}

/** Milliseconds after which the socket file of a worker that is gone is removed. */
const SWEEP_DELAY = 1000;

/** A killed worker leaves its socket file; one that only lost its connection to the agent still needs it. */
async function removeDeadSocketFile({ endpoint }: Member): Promise<void> {
  if (!await isAlive(endpoint)) rmSync(endpoint, { force: true });
}

/**
 * The agent's list of the living workers. A worker lives as long as the connection on which it has registered: when
 * its process ends, however it ends, the system closes it.
 */
export class Directory {
  private readonly epoch = randomUUID();
  private version = 0;
  private readonly members = new Map<Socket, Member>();
  private readonly server: Server;
  private refused = false;
  /** Workers of which it has been said that they do not read. */
  private readonly skipped = new Set<string>();

  constructor(private readonly rendezvous: Rendezvous, private readonly logger: EggLogger) {
    this.server = createServer(socket => this.accept(socket));
  }

  /** Sweeps up after killed clusters, and listens. */
  async open(): Promise<void> {
    ensureFolder(this.rendezvous);
    await sweepFolders(this.rendezvous);
    // The agent of this cluster that was here before is dead: Egg's master starts the next one only then.
    if (this.rendezvous.folder) rmSync(this.rendezvous.agentEndpoint, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ path: this.rendezvous.agentEndpoint, exclusive: true }, resolve);
    });
  }

  /** Sends a message of the agent's to all workers. */
  broadcast(message: unknown): void {
    this.tell({ type: 'broadcast', message });
  }

  /** Stops listening. The workers go on with what they know. */
  async close(): Promise<void> {
    for (const socket of this.members.keys()) socket.destroy();
    if (this.server.listening) await new Promise<void>(resolve => { this.server.close(() => resolve()); });
    if (this.rendezvous.folder) {
      try {
        rmdirSync(this.rendezvous.folder);
      } catch {
        // A worker is still there and needs it; the next agent to start sweeps it.
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
      // Later, because the system may close this connection of a killed worker's a moment before its endpoint.
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
