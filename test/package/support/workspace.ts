import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runOrThrow } from './command';

const ROOT = path.join(__dirname, '../../..');
/** Apps for tests to copy. */
export const CONSUMERS = path.join(ROOT, 'test/fixtures/consumers');
/** What belongs to this machine and not to the sources. */
const NOT_SOURCES = new Set([ 'node_modules', '.git', 'logs', 'run', 'coverage' ]);

/** Where {@link packForAll} writes down what it has packed. */
const PACKED = 'packed.json';

/** A packed package. */
export interface Tarball {
  file: string;
  /** The paths inside, without the leading `package/`. */
  contents: string[];
}

/** A folder outside of the repository, where nothing can be resolved that was not installed there. */
export class Workspace {
  /** @param directory - is made if it is not given */
  constructor(readonly directory = mkdtempSync(path.join(tmpdir(), 'egg-socketio-pack-'))) {}

  /**
   * Copies the sources, so that building them disturbs nobody who works with the originals.
   *
   * @param options.linked - whether the copy has the packages of the originals
   */
  copySources(name: string, { linked = true } = {}): string {
    const copy = path.join(this.directory, name);
    cpSync(ROOT, copy, { recursive: true, filter: source => !NOT_SOURCES.has(path.basename(source)) });
    if (linked) symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'), 'junction');
    return copy;
  }

  /** Packs a copy of the sources as `npm publish` would. */
  async pack(copy: string): Promise<Tarball> {
    const { stdout } = await runOrThrow('npm', [ 'pack', '--json' ], { cwd: copy, timeout: 120000 });
    // The build scripts print before npm does.
    const [{ filename, files }] = JSON.parse(stdout.slice(stdout.search(/^\[/m))) as [{ filename: string; files: { path: string }[] }];
    return { file: path.join(copy, filename), contents: files.map(file => file.path) };
  }

  /**
   * Unpacks the package into a `node_modules` of its own, beside all packages of the repository: installed in a moment, without a
   * registry.
   *
   * @return the folder above `node_modules`
   */
  async unpack(tarball: string): Promise<string> {
    const folder = mkdtempSync(path.join(this.directory, 'unpacked-'));
    const packages = path.join(folder, 'node_modules');
    mkdirSync(path.join(packages, 'egg-socketio'), { recursive: true });
    await runOrThrow('tar', [ '-xzf', tarball, '--strip-components=1', '-C', path.join(packages, 'egg-socketio') ], { cwd: folder, timeout: 60_000 });
    for (const name of readdirSync(path.join(ROOT, 'node_modules'))) {
      if (name !== 'egg-socketio') symlinkSync(path.join(ROOT, 'node_modules', name), path.join(packages, name), 'junction');
    }
    return folder;
  }

  /**
   * Copies one of the apps of test/fixtures/consumers.
   *
   * @param folders - its own comes last, and has only what differs from those before it
   * @param dependencies - what it is to depend on in place of what its package.json says
   */
  copyConsumer(folders: readonly string[], dependencies?: Record<string, string>): string {
    const copy = mkdtempSync(path.join(this.directory, `consumer-${folders.at(-1)}-`));
    for (const folder of folders) {
      cpSync(path.join(CONSUMERS, folder), copy, { recursive: true, filter: source => !NOT_SOURCES.has(path.basename(source)) });
    }
    if (dependencies) {
      const file = path.join(copy, 'package.json');
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), dependencies }));
    }
    return copy;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The package, packed from a copy of the sources. */
export interface Packed {
  sources: string;
  tarball: Tarball;
}

let packed: Promise<Packed> | undefined;

/** Packs the package from a copy of the sources. */
async function packIn(workspace: Workspace): Promise<Packed> {
  const sources = workspace.copySources('sources');
  return { sources, tarball: await workspace.pack(sources) };
}

/** Packs the package for several test processes: {@link packOnce} of each returns what this has packed. */
export async function packForAll(folder: string): Promise<void> {
  writeFileSync(path.join(folder, PACKED), JSON.stringify(await packIn(new Workspace(folder))));
}

/** Packs the package, once for all suites that need it; it is there as long as the test run. */
export function packOnce(): Promise<Packed> {
  return packed ??= (async () => {
    const folder = process.env.TEST_PACKED_IN;
    if (folder) return JSON.parse(readFileSync(path.join(folder, PACKED), 'utf8')) as Packed;
    const workspace = new Workspace();
    process.once('exit', () => workspace.remove());
    return packIn(workspace);
  })();
}

/** The files that the build has put next to the sources of a copy. */
export function builtFiles(copy: string): string[] {
  return [ '.', 'app', 'config', 'egg-socket.io', 'lib' ].flatMap(folder => (
    readdirSync(path.join(copy, folder), { recursive: folder !== '.', encoding: 'utf8' })
      .filter(name => /\.(js|d\.ts)$/.test(name))
      .map(name => path.join(folder, name))
      // A declaration that is written by hand.
      .filter(name => name !== path.join('egg-socket.io', 'index.d.ts'))
  ));
}
