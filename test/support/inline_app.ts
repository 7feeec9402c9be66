import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { MockApplication } from 'egg-mock';
import { makeAppFolder } from './app_folder';
import { mockApp } from './mock_app';

// Below the repository, so that 'egg-socketio' resolves as it does in test/fixtures.
const ROOT = path.join(__dirname, '../fixtures/inline');

const BASE = {
  'package.json': '{ "name": "inline", "egg": { "typescript": true } }',
  // Keeps what is logged as a warning: the log file may be written later than the app is ready.
  'app.js': `
    const { format } = require('node:util');
    module.exports = app => {
      app.logger.warnings = [];
      for (const logger of [ app.logger, app.getLogger('socketioLogger') ]) {
        const warn = logger.warn.bind(logger);
        logger.warn = (...args) => { app.logger.warnings.push(format(...args)); warn(...args); };
      }
    };`,
  'config/config.default.js': "module.exports = () => ({ keys: 'test keys' });",
  'config/config.unittest.js': "module.exports = { logger: { consoleLevel: 'NONE' } };",
};

/** An app that a test writes out itself. */
export interface InlineApp {
  readonly app: MockApplication;
  /** What the app has logged as a warning. */
  readonly warnings: readonly string[];
  readonly baseDir: string;
}

/**
 * Starts an app made of the given files, for tests whose point is in the files.
 *
 * @param files - content by path; package.json and config/config.default.js have defaults
 * @param run - is given the app once it is ready, or what stopped its start
 */
export async function withInlineApp(
  files: Record<string, string>, run: (inline: InlineApp, startError: Error | undefined) => unknown,
): Promise<void> {
  const baseDir = makeAppFolder(ROOT, 'app-');
  for (const [ name, content ] of Object.entries({ ...BASE, ...files })) {
    const file = path.join(baseDir, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  const app = mockApp({ baseDir, cache: false });
  let startError: Error | undefined;
  await app.ready().catch((error: Error) => { startError = error; });
  try {
    const warnings = startError ? [] : (app.logger as unknown as { warnings: string[] }).warnings;
    await run({ app, baseDir, warnings }, startError);
  } finally {
    await app.close();
  }
}

/** What stops the start of an app made of the given files; fails if it starts. */
export async function startErrorOf(files: Record<string, string>): Promise<Error> {
  let error: Error | undefined;
  await withInlineApp(files, (_inline, startError) => { error = startError; });
  if (!error) throw new Error('the app started, and should not have');
  return error;
}
