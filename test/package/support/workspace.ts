import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runOrThrow } from './command';

const ROOT = path.join(__dirname, '../../..');
const CONSUMERS = path.join(ROOT, 'test/fixtures/consumers');
/** What belongs to this machine and not to the sources. */
const NOT_SOURCES = new Set([ 'node_modules', '.git', 'logs', 'run', 'coverage' ]);

/** A packed package. */
export interface Tarball {
  file: string;
  /** The paths inside, without the leading `package/`. */
  contents: string[];
}

/** A folder outside of the repository, where nothing can be resolved that was not installed there. */
export class Workspace {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'egg-socketio-pack-'));

  /** Copies the sources, so that building them disturbs nobody who works with the originals. */
  copySources(name: string): string {
    const copy = path.join(this.directory, name);
    cpSync(ROOT, copy, { recursive: true, filter: source => !NOT_SOURCES.has(path.basename(source)) });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'), 'junction');
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

/** Packs the package, once for all suites that need it; it is there as long as the test run. */
export function packOnce(): Promise<Packed> {
  return packed ??= (async () => {
    const workspace = new Workspace();
    process.once('exit', () => workspace.remove());
    const sources = workspace.copySources('sources');
    return { sources, tarball: await workspace.pack(sources) };
  })();
}

/** What the build has put beside the sources of a copy. */
export function builtFiles(copy: string): string[] {
  return [ '.', 'app', 'config', 'lib' ].flatMap(folder => (
    readdirSync(path.join(copy, folder), { recursive: folder !== '.', encoding: 'utf8' })
      .filter(name => /\.(js|d\.ts)$/.test(name))
      .map(name => path.join(folder, name))
  ));
}
