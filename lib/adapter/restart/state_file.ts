// The file that a worker without a successor leaves: a line of JSON, frames as on a link, and a checksum. Its content is only used if this
// user has written it, and completely.
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { encodeFrame, FrameReader, MAX_MESSAGE } from '../../cluster/frames';
import { othersMayUse } from '../../cluster/rendezvous';
import { type Saved, withTimesOfThisMachine, type WrittenAt, writtenNow } from './saved';

/** Increase it with any change to what is written. */
const FORMAT = 2;
const DIGEST = 'sha256';
const DIGEST_BYTES = 32;
const COMPLETE = '.state';
const PARTIAL = '.part';

/** Bytes that a header takes at most. */
const LONGEST_HEADER = 1000;

interface Header extends WrittenAt { readonly format: number }

/** Writes one file: under another name until it is complete, so that no half file is ever read. */
export class StateWriter {
  private readonly hash = createHash(DIGEST);
  private bytes = 0;

  private constructor(private readonly file: string, private readonly handle: FileHandle, private readonly maxBytes: number) {}

  /**
   * Creates the file.
   *
   * @param name - without an extension; no such file may exist
   * @param maxBytes - of the file
   */
  static async create(folder: string, name: string, maxBytes: number): Promise<StateWriter> {
    const file = path.join(folder, name);
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
    const handle = await open(file + PARTIAL, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600);
    const writer = new StateWriter(file, handle, maxBytes);
    await writer.put(Buffer.from(`${JSON.stringify({ format: FORMAT, ...writtenNow() } satisfies Header)}\n`));
    return writer;
  }

  /**
   * @param reserve - bytes that must be left afterwards
   * @return false, and writes nothing, if the file would become too large
   */
  async write(message: Saved, reserve = 0): Promise<boolean> {
    const frame = encodeFrame(message);
    if (this.bytes + frame.length + reserve + DIGEST_BYTES > this.maxBytes) return false;
    await this.put(frame);
    return true;
  }

  /** @return the path of the file, which others may read from now on */
  async complete(): Promise<string> {
    await this.handle.writeFile(this.hash.digest());
    await this.handle.close();
    const complete = this.file + COMPLETE;
    await rename(this.file + PARTIAL, complete);
    return complete;
  }

  async discard(): Promise<void> {
    await this.handle.close();
    await rm(this.file + PARTIAL, { force: true });
  }

  private async put(bytes: Buffer): Promise<void> {
    this.hash.update(bytes);
    this.bytes += bytes.length;
    await this.handle.writeFile(bytes);
  }
}

/** Whether a file in the folder is complete. */
export function isStateFile(name: string): boolean {
  return name.endsWith(COMPLETE);
}

/** The limits for a file. */
interface Bounds {
  readonly maxBytes: number;
  /** Milliseconds. */
  readonly maxAge: number;
}

/**
 * Removes a file, and returns its messages. It is removed first: a file that ends the process must not do so at each start.
 *
 * @throws if it cannot be used; the message says why
 */
export function takeState(file: string, { maxBytes, maxAge }: Bounds): readonly Saved[] {
  const bytes = takeBytes(file, maxBytes);
  const body = bytes.subarray(0, -DIGEST_BYTES);
  if (!createHash(DIGEST).update(body).digest().equals(bytes.subarray(-DIGEST_BYTES))) throw new Error('its checksum is wrong');
  const end = body.subarray(0, LONGEST_HEADER).indexOf('\n');
  const { format, ...written } = JSON.parse(body.toString('utf8', 0, end)) as Header;
  if (format !== FORMAT) throw new Error(`it has format ${JSON.stringify(format)}, and this version of egg-socketio reads format ${FORMAT}`);
  if (!(Date.now() - written.at <= maxAge)) throw new Error('it is older than config.socketio.connectionStateRecovery.maxDisconnectionDuration');
  const messages: Saved[] = [];
  const reader = new FrameReader(message => messages.push(message as Saved), MAX_MESSAGE);
  reader.push(body.subarray(end + 1));
  return withTimesOfThisMachine(messages, written);
}

function takeBytes(file: string, maxBytes: number): Buffer {
  // Without waiting for somebody who writes to it, if it is a pipe.
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  const descriptor = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    const problem = stats.isFile() ? othersMayUse(stats) : 'is no file';
    if (problem !== undefined) throw new Error(`it ${problem}`);
    if (stats.size > maxBytes) throw new Error(`it has ${stats.size} bytes, more than config.socketio.connectionStateRecovery.restart.maxBytes (${maxBytes}) allows`);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
    rmSync(file, { recursive: true, force: true });
  }
}
