import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './markdown';

const SCRIPT = path.join(ROOT, 'scripts/check_prose.mjs');

describe('test/docs/prose.test.ts', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'prose-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** The problems that the check finds in a file, with the lines. */
  async function checkFile(name: string, content: string): Promise<string[]> {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    const { stderr } = await promisify(execFile)(process.execPath, [ SCRIPT, file ]).catch((error: { stderr: string }) => error);
    return stderr.trim().split('\n').filter(Boolean).map(line => line.replace(`${file}:`, ''));
  }

  const check = (...paragraphs: string[]) => checkFile('page.md', `${paragraphs.join('\n\n')}\n`);

  it('accepts plain sentences, code, and questions', async () => {
    assert.deepEqual(await check(
      '# What crosses workers', 'A guard rejects a client without a name.', 'What does `who asks` cost? Nothing.', '```js\n// as it says\n```',
    ), []);
  });

  it('reports the sentences that made native readers stumble, with their lines', async () => {
    const found = await check(
      'As it says.',
      'So many a connection.',
      'What is measured here, is measured by the programs.',
      'Asked are first the filters of the method.',
      'The guard refuses who has no name.',
      'One schema an argument.',
      'The client hears of it.',
      '| Message | Remedy |\n| --- | --- |\n| `x` | As it says. |',
    );
    assert.deepEqual(found.map(line => line.split(':')[0]), [ '1', '3', '5', '7', '9', '11', '13', '17' ]);
    assert.match(found[0], /"As it says": say what to do/);
  });

  it('reports such sentences in comments of code, and leaves the code alone', async () => {
    const found = await checkFile('code.ts', "/** What is known of a client. */\nconst text = 'As it says.';\n// Fine.\n// Nobody hears of it.\n");
    assert.deepEqual(found.map(line => line.split(':')[0]), [ '1', '4' ]);
  });

  it('reports a wrong article and a repeated word', async () => {
    assert.equal((await check('Give an URL.')).length, 1);
    assert.equal((await check('Give the the address.')).length, 1);
  });
});
