import { randomBytes } from 'node:crypto';
import { closeSync, constants, existsSync, fstatSync, lstatSync, mkdirSync, openSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { startupError } from '../base/errors';
import { isGone } from '../base/gone_errors';

const PREFIX = 'egg-socketio';
const AGENT = 'agent';
/** The names that our processes give to what they make in a folder. */
const SOCKET = /^(agent|[\w-]{8})\.sock$/;

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

/** Whether something is what {@link createTag} makes. */
export function isTag(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{8}$/.test(value);
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
  const refuse = (found: string, cause?: unknown) => startupError('CLUSTER_UNAVAILABLE',
    `${folder}: expected a folder that belongs to this user and that nobody else may enter (mode 0700); it ${found}. Remove it, or set TMPDIR to a private folder.`, cause);
  try {
    mkdirSync(folder, { mode: 0o700, recursive: true });
  } catch (cause) {
    throw refuse(`cannot be made (${(cause as Error).message})`, cause);
  }
  const found = withFolder(folder, () => undefined);
  if (found !== undefined) throw refuse(found);
}

/**
 * Opens a folder, and uses it if it is ours alone. What is looked at and what is used is the same folder, whatever happens to its name
 * meanwhile; on systems that cannot tell the way to an open folder, as long as nobody else may write to the folder above.
 *
 * @param use - is given a path that leads to the opened folder
 * @return what is wrong with it; `undefined` if it was used
 */
function withFolder(folder: string, use: (inside: string) => void): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOTDIR' || code === 'ELOOP' ? 'is no folder' : `cannot be opened (${code})`;
  }
  try {
    const { uid, mode } = fstatSync(descriptor);
    if (uid !== userId()) return `belongs to another user (uid ${uid})`;
    if ((mode & 0o077) !== 0) return `has mode 0${(mode & 0o777).toString(8)}`;
    const inside = `/proc/self/fd/${descriptor}`;
    use(existsSync(inside) ? inside : folder);
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** Whether somebody listens on an endpoint. */
export async function isAlive(endpoint: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(endpoint);
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', error => resolve(!isGone(error)));
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
      await sweepFolder(folder);
    } catch {
      // Another agent sweeps at the same time, or the folder is not ours to read: either way it is not our business.
    }
  }
}

async function sweepFolder(folder: string): Promise<void> {
  // Somebody else may have made it, and whoever may write to the folder above may put another in its place at any moment.
  const names: string[] = [];
  if (withFolder(folder, inside => { names.push(...readdirSync(inside)); }) !== undefined) return;
  const alive = await Promise.all(names.filter(name => SOCKET.test(name)).map(name => isAlive(path.join(folder, name))));
  if (alive.includes(true)) return;
  const problem = withFolder(folder, inside => {
    for (const name of names) {
      const file = path.join(inside, name);
      if (SOCKET.test(name) && lstatSync(file).isSocket()) unlinkSync(file);
    }
  });
  // It stays if there is anything in it that none of our processes has made.
  if (problem === undefined) rmdirSync(folder);
}
