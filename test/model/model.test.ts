import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

interface Run { readonly name: string; readonly model: string; readonly define: readonly string[] }
/** A model, and the code that it describes. */
interface Modelled {
  readonly file: string;
  /** The rooms whose classes it names. */
  readonly rooms: readonly string[];
  /** The file with the types of all its messages, and how one of them is written there. */
  readonly messages: readonly [file: string, written: (name: string) => string];
  /** The file that sends all of them, and what it writes for one. */
  readonly sent: readonly [file: string, written: RegExp];
  readonly kinds: readonly string[];
  /** States that the code has no name for. */
  readonly unnamed: readonly string[];
  /** Messages that are left out. */
  readonly leftOut: readonly string[];
}

const ROOT = path.join(__dirname, '../..');
const { runs, mistakes } = require('../../scripts/model') as { runs: readonly Run[]; mistakes: readonly Run[] };
const { states, steps, isCurrent } = require('../../scripts/session_picture') as {
  states: readonly { readonly name: string }[];
  steps: readonly { readonly label: string }[];
  isCurrent(): boolean;
};
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

const models: readonly Modelled[] = [
  {
    file: 'recovery.pml', rooms: [ 'adapter', 'cluster' ],
    messages: [ 'lib/adapter/messages/messages.ts', name => `type: '${name.replaceAll('_', '-')}'` ],
    sent: [ 'lib/adapter/session_exchange.ts', /type: '([\w-]+)'/g ],
    kinds: [ 'kept_session', 'connection', 'worker', 'client', 'hand_over' ],
    unnamed: [ 'absent', 'unused', 'asking', 'staying', 'killed', 'away', 'connecting', 'recovered', 'fresh' ], leftOut: [],
  },
  {
    file: 'take_over.pml', rooms: [ 'routing' ],
    messages: [ 'lib/routing/session_messages.ts', name => `'${name.replaceAll('_', ' ')}'` ],
    sent: [ 'lib/routing/session_messages.ts', /'(\w+(?: \w+)?)'(?= \||;| })/g ],
    kinds: [ 'session', 'attempt' ],
    unnamed: [ 'ended', 'absent', 'reserving', 'taking' ], leftOut: [ 'release_polls' ],
  },
  {
    file: 'replicas.pml', rooms: [ 'adapter', 'cluster' ],
    messages: [ 'lib/adapter/messages/messages.ts', name => `type: '${name.replaceAll('_', '-')}'` ],
    sent: [ 'lib/adapter/replicas/replicator.ts', /type: '([\w-]+)'/g ],
    kinds: [ 'replicator', 'link', 'kept_replica' ],
    unnamed: [ 'isOpen', 'broken', 'absent', 'begun' ], leftOut: [],
  },
];

/** The paths of all TypeScript files in a folder of lib. */
function filesIn(folder: string): string[] {
  const files = readdirSync(path.join(ROOT, 'lib', folder), { recursive: true, encoding: 'utf8' });
  return files.filter(file => file.endsWith('.ts')).map(file => path.posix.join('lib', folder, file.split(path.sep).join('/')));
}

/** The names of one kind in a model. */
function namesOf(model: string, kind: string): string[] {
  return new RegExp(`^mtype:${kind} = \\{ (.*) \\};`, 'm').exec(model)![1].split(', ');
}

function isWord(word: string, text: string): boolean {
  return new RegExp(`\\b${word}\\b`).test(text);
}

describe('test/model/model.test.ts', () => {
  for (const { file, rooms, messages, sent, kinds, unnamed, leftOut } of models) {
    describe(file, () => {
      const model = read(`test/model/${file}`);
      const code = rooms.flatMap(filesIn).map(read).join('\n');
      const budgetsOf = (all: readonly Run[]) => all.flatMap(({ define }) => define.map(each => each.split('=')[0]));
      const ofThis = (all: readonly Run[]) => all.filter(run => run.model === file);

      it(`each message of the model is one of ${messages[0]}`, () => {
        const [ types, written ] = [ read(messages[0]), messages[1] ];
        // The end of a link is no message.
        assert.deepEqual(namesOf(model, 'message').filter(name => name !== 'down' && !types.includes(written(name))), []);
      });

      it('each message between workers about a session is in the model', () => {
        const exchanged = [ ...read(sent[0]).matchAll(sent[1]) ].map(([ , type ]) => type.replaceAll(/[- ]/g, '_'));
        assert.ok(exchanged.length > 2);
        const known = [ ...namesOf(model, 'message'), ...leftOut ];
        assert.deepEqual([ ...new Set(exchanged) ].filter(type => !known.includes(type)), []);
      });

      it('each state of the model has its name from the code, apart from those that the code has no name for', () => {
        const names = kinds.flatMap(kind => namesOf(model, kind));
        assert.deepEqual(names.filter(name => !unnamed.includes(name) && !isWord(name, code)), []);
      });

      it('each method that the model names exists in that class', () => {
        const methods = [ ...model.matchAll(/\b([A-Z]\w+)\.(\w+)\(\)/g) ];
        assert.ok(methods.length > 6);
        for (const [ , name, method ] of methods) {
          const found = rooms.flatMap(filesIn).find(each => isWord(`class ${name}`, read(each)));
          assert.ok(found && isWord(method, read(found)), `${name}.${method}()`);
        }
      });

      it('each mistake is a switch of the model, and each switch is a mistake', () => {
        const budgets = new Set(budgetsOf(ofThis(runs)));
        const switches = [ ...model.matchAll(/^#ifn?def (\w+)$/gm) ].map(([ , name ]) => name).filter(name => !budgets.has(name));
        const made = budgetsOf(ofThis(mistakes)).filter(name => !budgets.has(name));
        assert.deepEqual([ ...new Set(made) ].sort(), [ ...new Set(switches) ].sort());
      });
    });
  }

  it('docs/images/sessions.svg is what scripts/session_picture.js draws, with states and steps of the model of recovery', () => {
    const model = read('test/model/recovery.pml');
    assert.ok(isCurrent());
    const words = [ ...states.map(({ name }) => name), ...steps.flatMap(({ label }) => label.split(/\W+/).filter(word => word && word !== 'find')) ];
    assert.deepEqual(words.filter(word => !isWord(word, model.replaceAll('find_session', 'session'))), []);
  });
});
