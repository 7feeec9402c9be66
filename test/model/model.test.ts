import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

interface Run { readonly name: string; readonly model: string; readonly define: readonly string[] }

const ROOT = path.join(__dirname, '../..');
const { runs, mistakes } = require('../../scripts/model') as { runs: readonly Run[]; mistakes: readonly Run[] };
const { states, steps, isCurrent } = require('../../scripts/session_picture') as {
  states: readonly { readonly name: string }[];
  steps: readonly { readonly label: string }[];
  isCurrent(): boolean;
};
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const model = read('test/model/recovery.pml');
const code = filesIn('adapter').map(read).join('\n');

/** The paths of all TypeScript files in a folder of lib. */
function filesIn(folder: string): string[] {
  const files = readdirSync(path.join(ROOT, 'lib', folder), { recursive: true, encoding: 'utf8' });
  return files.filter(file => file.endsWith('.ts')).map(file => path.posix.join('lib', folder, file.split(path.sep).join('/')));
}

/** The names of one kind in the model. */
function namesOf(kind: string): string[] {
  return new RegExp(`^mtype:${kind} = \\{ (.*) \\};`, 'm').exec(model)![1].split(', ');
}

function isWord(word: string, text: string): boolean {
  return new RegExp(`\\b${word}\\b`).test(text);
}

describe('test/model/model.test.ts', () => {
  it('each message of the model is one of lib/adapter/messages/messages.ts', () => {
    const messages = read('lib/adapter/messages/messages.ts');
    // The end of a link is no message.
    const unknown = namesOf('message').filter(name => name !== 'down' && !messages.includes(`type: '${name.replaceAll('_', '-')}'`));
    assert.deepEqual(unknown, []);
  });

  it('each message between workers about a session is in the model', () => {
    const exchanged = [ ...read('lib/adapter/session_exchange.ts').matchAll(/type: '([\w-]+)'/g) ].map(([ , type ]) => type.replaceAll('-', '_'));
    assert.deepEqual([ ...new Set(exchanged) ].filter(type => !namesOf('message').includes(type)), []);
  });

  it('each state of the model has its name from lib/adapter, apart from those that the code has no name for', () => {
    const unnamed = [ 'absent', 'unused', 'asking', 'staying', 'killed', 'away', 'connecting', 'recovered', 'fresh' ];
    const names = [ 'kept_session', 'connection', 'worker', 'client', 'hand_over' ].flatMap(namesOf);
    assert.deepEqual(names.filter(name => !unnamed.includes(name) && !isWord(name, code)), []);
  });

  it('each method that the model names exists in that class', () => {
    const methods = [ ...model.matchAll(/\b([A-Z]\w+)\.(\w+)\(\)/g) ];
    assert.ok(methods.length > 10);
    for (const [ , name, method ] of methods) {
      const file = [ ...filesIn('adapter'), ...filesIn('cluster') ].find(each => isWord(`class ${name}`, read(each)));
      assert.ok(file && isWord(method, read(file)), `${name}.${method}()`);
    }
  });

  it('each mistake is a switch of the model, and each switch is a mistake', () => {
    const budgets = new Set(runs.flatMap(({ define }) => define.map(each => each.split('=')[0])));
    const switches = [ ...model.matchAll(/^#ifn?def (\w+)$/gm) ].map(([ , name ]) => name).filter(name => !budgets.has(name));
    const made = mistakes.flatMap(({ define }) => define).map(each => each.split('=')[0]).filter(name => !budgets.has(name));
    assert.deepEqual([ ...new Set(made) ].sort(), [ ...new Set(switches) ].sort());
  });

  it('docs/images/sessions.svg is what scripts/session_picture.js draws, with states and steps of the model', () => {
    assert.ok(isCurrent());
    const words = [ ...states.map(({ name }) => name), ...steps.flatMap(({ label }) => label.split(/\W+/).filter(word => word && word !== 'find')) ];
    assert.deepEqual(words.filter(word => !isWord(word, model.replaceAll('find_session', 'session'))), []);
  });
});
