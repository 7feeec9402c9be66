import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { startupError } from '../errors';

const PREFIX = 'egg-socketio';
const AGENT = 'agent';

/** Where the agent and the workers of one cluster find each other, without having talked before. */
export interface Rendezvous {
  /** A folder that only this user can enter; `undefined` on Windows, whose pipes have no folder. */
  readonly folder: string | undefined;
  /** On which the agent listens. */
  readonly agentEndpoint: string;
  /** On which the worker with this tag listens. */
  endpointOf(tag: string): string;
}

/** A worker's tag: unique to one life of one worker, and safe in a path and in a URL. */
export function createTag(): string {
  return randomBytes(6).toString('base64url');
}

function userId(): number {
  return process.getuid?.() ?? 0;
}

/**
 * What all processes of one cluster have in common, and no others: the process that started them, and the port that
 * Egg's master has chosen for them.
 */
export function clusterKey(clusterPort: number | undefined): string {
  return `${isMainThread ? process.ppid : process.pid}-${clusterPort ?? 0}`;
}

/** @param key - see {@link clusterKey} */
export function rendezvousOf(key: string, platform = process.platform): Rendezvous {
  if (platform === 'win32') {
    const pipe = (name: string) => `\\\\.\\pipe\\${PREFIX}-${key}-${name}`;
    return { folder: undefined, agentEndpoint: pipe(AGENT), endpointOf: pipe };
  }
  const folder = path.join(os.tmpdir(), `${PREFIX}-${userId()}-${key}`);
  const socket = (name: string) => path.join(folder, `${name}.sock`);
  return { folder, agentEndpoint: socket(AGENT), endpointOf: socket };
}

/**
 * Makes the folder, and makes sure that it is ours alone: its name can be guessed, and the folder above is shared.
 *
 * @throws {SocketIOError} `CLUSTER_UNAVAILABLE`
 */
export function ensureFolder({ folder }: Rendezvous): void {
  if (folder === undefined) return;
  mkdirSync(folder, { mode: 0o700, recursive: true });
  const stat = lstatSync(folder);
  if (stat.isDirectory() && stat.uid === userId() && (stat.mode & 0o077) === 0) return;
  throw startupError('CLUSTER_UNAVAILABLE',
    `${folder}: expected a folder that belongs to this user and that nobody else may enter (mode 0700). Remove it, or set TMPDIR to a private folder.`);
}

/** Whether connecting to an endpoint failed because nobody listens; not so if its owner is too busy to take more (EAGAIN). */
export function isNobodyThere({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK' || code === 'ECONNRESET' || code === 'EPIPE';
}

/** Whether somebody listens on an endpoint. */
export async function isAlive(endpoint: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(endpoint);
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', error => resolve(!isNobodyThere(error)));
  });
}

/** Whether the process lives that has started a cluster, by the key that is the rest of a folder's name. */
function isStarterAlive(key: string): boolean {
  const pid = Number(/^\d+/.exec(key)?.[0]);
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes the folders of this user's clusters of which no process lives any more, as after `kill -9`. */
export async function sweepFolders({ folder: own }: Rendezvous): Promise<void> {
  if (own === undefined) return;
  const parent = path.dirname(own);
  const prefix = `${PREFIX}-${userId()}-`;
  for (const name of readdirSync(parent)) {
    const folder = path.join(parent, name);
    // In the folder of a cluster that is just starting nobody listens yet.
    if (folder === own || !name.startsWith(prefix) || isStarterAlive(name.slice(prefix.length))) continue;
    try {
      const endpoints = readdirSync(folder).map(file => path.join(folder, file));
      const alive = await Promise.all(endpoints.map(isAlive));
      if (!alive.includes(true)) rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another agent sweeps at the same time, or the folder is not ours to read: either way it is not our business.
    }
  }
}
