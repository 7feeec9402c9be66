import { randomBytes } from 'node:crypto';
import { closeSync, constants, existsSync, fstatSync, lstatSync, mkdirSync, openSync, readdirSync, rmdirSync, type Stats, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { startupError } from '../base/errors';
import { isRefused } from '../base/gone_errors';
import { SOCKETS, type Sockets } from './sockets';

const PREFIX = 'egg-socketio';
const AGENT = 'agent';
/** The names of the files that our processes create in a folder: sockets, and the marks of a worker. */
const SOCKET = /^(agent|[\w-]{8})\.sock$/;
const MARKS = /^[\w-]{8}\.behind$/;

/** The place where the agent and the workers of one cluster find each other, without earlier contact. */
export interface Rendezvous {
  /** A folder that only this user can enter; `undefined` on Windows, whose pipes have no folder. */
  readonly folder: string | undefined;
  /** The agent's endpoint. */
  readonly agentEndpoint: string;
  /** The endpoint of the worker with this tag. */
  endpointOf(tag: string): string;
  readonly sockets: Sockets;
}

/** Creates a worker's tag: unique to one life of one worker, and safe in a path and in a URL. */
export function createTag(): string {
  return randomBytes(6).toString('base64url');
}

/** Whether a value could be from {@link createTag}. */
export function isTag(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{8}$/.test(value);
}

function userId(): number {
  return process.getuid?.() ?? 0;
}

/**
 * The key that all processes of one cluster share, and no others: the process that started them, and the port that Egg's master has
 * chosen for them.
 */
export function clusterKey(clusterPort: number | undefined): string {
  return `${isMainThread ? process.ppid : process.pid}-${clusterPort ?? 0}`;
}

/** @param key - see {@link clusterKey} */
export function rendezvousOf(key: string, platform = process.platform): Rendezvous {
  if (platform === 'win32') {
    const pipe = (name: string) => `\\\\.\\pipe\\${PREFIX}-${key}-${name}`;
    return { folder: undefined, agentEndpoint: pipe(AGENT), endpointOf: pipe, sockets: SOCKETS };
  }
  const folder = path.join(os.tmpdir(), `${PREFIX}-${userId()}-${key}`);
  const socket = (name: string) => path.join(folder, `${name}.sock`);
  return { folder, agentEndpoint: socket(AGENT), endpointOf: socket, sockets: SOCKETS };
}

/**
 * Creates the folder, and makes sure that it belongs to us alone: its name can be guessed, and its parent is shared.
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
    throw refuse(`cannot be created (${(cause as Error).message})`, cause);
  }
  const found = withFolder(folder, () => undefined);
  if (found !== undefined) throw refuse(found);
}

/**
 * Opens a folder, and uses it if it belongs to us alone. The folder that is checked is the one that is used, whatever happens to its name
 * in the meantime; on systems without a path to an open folder, as long as nobody else may write to its parent.
 *
 * @param use - gets a path that leads to the opened folder
 * @return the reason why it was not used; `undefined` if it was
 */
function withFolder(folder: string, use: (inside: string) => void): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOTDIR' || code === 'ELOOP' ? 'is not a folder' : `cannot be opened (${code})`;
  }
  try {
    const problem = othersMayUse(fstatSync(descriptor));
    if (problem !== undefined) return problem;
    const inside = `/proc/self/fd/${descriptor}`;
    use(existsSync(inside) ? inside : folder);
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The reason why a file or a folder does not belong to this user alone, if it does not: others could have written it. On Windows, only
 * its place protects it.
 */
export function othersMayUse({ uid, mode }: Pick<Stats, 'uid' | 'mode'>): string | undefined {
  if (process.platform === 'win32') return undefined;
  if (uid !== userId()) return `belongs to another user (uid ${uid})`;
  return (mode & 0o077) === 0 ? undefined : `has mode 0${(mode & 0o777).toString(8)}`;
}

/** Whether a process listens on an endpoint. */
export async function isAlive(endpoint: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(endpoint);
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', error => resolve(!isRefused(error)));
  });
}

/** Whether the process is alive whose id a name begins with. */
export function isProcessAlive(name: string): boolean {
  const pid = Number(/^\d+/.exec(name)?.[0]);
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes the folders of this user's clusters without a live process, as after `kill -9`. */
export async function sweepFolders({ folder: own }: Rendezvous): Promise<void> {
  if (own === undefined) return;
  const parent = path.dirname(own);
  const prefix = `${PREFIX}-${userId()}-`;
  for (const name of readdirSync(parent)) {
    const folder = path.join(parent, name);
    // In the folder of a cluster that is just starting, nothing listens yet.
    if (folder === own || !name.startsWith(prefix) || isProcessAlive(name.slice(prefix.length))) continue;
    try {
      await sweepFolder(folder);
    } catch {
      // Another agent cleans up at the same time, or the folder is not ours to read: leave it alone in both cases.
    }
  }
}

async function sweepFolder(folder: string): Promise<void> {
  // Another user may have created it, and anybody who may write to its parent may replace it at any moment.
  const names: string[] = [];
  if (withFolder(folder, inside => { names.push(...readdirSync(inside)); }) !== undefined) return;
  const alive = await Promise.all(names.filter(name => SOCKET.test(name)).map(name => isAlive(path.join(folder, name))));
  if (alive.includes(true)) return;
  const problem = withFolder(folder, inside => {
    for (const name of names) {
      const file = path.join(inside, name);
      if (SOCKET.test(name) ? lstatSync(file).isSocket() : MARKS.test(name) && lstatSync(file).isFile()) unlinkSync(file);
    }
  });
  // It stays if it contains anything that none of our processes has created.
  if (problem === undefined) rmdirSync(folder);
}
