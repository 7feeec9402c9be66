import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CommandResult, run } from './command';
import { TOOLS, tool } from './tools';

/** A package manager that installs packages into the app of a folder. */
export interface PackageManager {
  readonly name: string;
  /**
   * Installs packages.
   *
   * @param folder - the app's, with at most a package.json
   * @param packages - as one writes them on the command line
   * @param built - the package from Git among them, with its commit: pnpm builds none that the app does not name
   */
  install(folder: string, packages: readonly string[], built?: string): Promise<CommandResult>;
}

const TIMEOUT = 300_000;

function npm(version: 10 | 11): PackageManager {
  const program = path.join(TOOLS, `npm${version}/bin/npm-cli.js`);
  return {
    name: `npm ${version}`,
    install: (cwd, packages) => run(process.execPath, [ program, 'install', '--prefer-offline', '--no-audit', '--no-fund', ...packages ], { cwd, timeout: TIMEOUT }),
  };
}

const pnpm: PackageManager = {
  name: 'pnpm',
  install(cwd, packages, built) {
    if (built) writeFileSync(path.join(cwd, 'pnpm-workspace.yaml'), `onlyBuiltDependencies:\n  - '${built}'\n`);
    return run(tool('pnpm'), [ 'add', '--prefer-offline', '--reporter=append-only', ...packages ], { cwd, timeout: TIMEOUT });
  },
};

export const PACKAGE_MANAGERS: readonly PackageManager[] = [ npm(10), npm(11), pnpm ];

/** The warnings in what a package manager has printed, without those about the machine's own npmrc. */
export function warningsOf({ stdout, stderr }: CommandResult): string[] {
  return `${stdout}\n${stderr}`.split('\n').filter(line => /\bwarn(ing)?\b|ignored build scripts/i.test(line) && !/Unknown \w+ config/.test(line));
}
