import { UserError } from '../base/user_error';
import { HELP, readArguments } from './arguments';
import { create } from './create/create';
import { ownManifest } from './create/manifest';
import { migrate } from './migrate/migrate';

/** The environment of a run of the command. */
export interface Surroundings {
  cwd: string;
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream;
}

/**
 * Runs the command.
 *
 * @param args - of the command line, without `node` and the script
 * @param surroundings - the current folder, and the streams
 * @return the exit code: 0, 1 after a message about something that the user can fix, 2 if a migration left something to the user
 * @throws for a bug in this package
 */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { cwd, stdout, stderr } = surroundings;
  try {
    const request = readArguments(args);
    if (request.command === 'migrate') return migrate(request, { cwd, print: text => { stdout.write(text); } });
    if (request.command === 'help') stdout.write(HELP);
    else if (request.command === 'version') stdout.write(`${ownManifest().version}\n`);
    else await create(request, surroundings);
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    stderr.write(`egg-socketio: ${error.message}\n`);
    return 1;
  }
}
