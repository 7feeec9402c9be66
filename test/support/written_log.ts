import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

/**
 * What an app has written to log files, once all of it is there. Egg writes them once a second, does not tell when, and loses the last
 * lines when the app closes: so this is to be called before.
 *
 * @param wanted - resolves when each of these is in one of the files; a test waits for them until its own time is over
 */
export async function writtenLog(folder: string, names: readonly string[], wanted: readonly string[]): Promise<string> {
  const files = names.map(name => path.join(folder, name));
  for (;;) {
    const text = files.filter(file => existsSync(file)).map(file => readFileSync(file, 'utf8')).join('');
    if (wanted.every(each => text.includes(each))) return text;
    await setTimeout(50);
  }
}
