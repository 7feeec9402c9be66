import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { UserError } from '../../lib/base/user_error';
import { writeFiles } from '../../lib/command/create/write';
import { useShell } from './support/shell';

describe('test/create/refusals.test.ts', () => {
  const { at, create, filesOf, read, assertRefused } = useShell();

  const USAGE: [title: string, args: string[], message: RegExp][] = [
    [ 'no command', [], /the command is missing\. See egg-socketio --help/ ],
    [ 'an unknown command', [ 'make', 'app' ], /unknown command 'make'\. See egg-socketio --help/ ],
    [ 'an unknown option', [ 'create', 'app', '--coffee' ], /unknown option '--coffee'\. See egg-socketio --help/ ],
    [ 'a value for a switch', [ 'create', 'app', '--js=yes' ], /option '--js' does not take an argument\. See/ ],
    [ 'both languages', [ 'create', 'app', '--js', '--ts' ], /--js and --ts cannot be used together/ ],
    [ 'a version of Egg without support', [ 'create', 'app', '--egg', '2' ], /--egg must be 3 or 4, not '2'\. See egg-socketio --help/ ],
    [ 'a full version of Egg', [ 'create', 'app', '--egg=4.0.10' ], /--egg must be 3 or 4, not '4\.0\.10'/ ],
    [ 'an empty version of Egg', [ 'create', 'app', '--egg=' ], /--egg must be 3 or 4, not ''/ ],
    [ '--egg without a value', [ 'create', 'app', '--egg' ], /--egg needs a value: 3 or 4\. See egg-socketio --help/ ],
    [ '--egg before another option', [ 'create', 'app', '--egg', '--js' ], /--egg needs a value: 3 or 4\. See/ ],
    [ 'two names', [ 'create', 'my', 'app' ], /expected one name, but got 2: 'my', 'app'/ ],
    [ 'no name, where nobody can be asked', [ 'create' ], /the name of the app is missing: egg-socketio create my-app/ ],
    [ 'an empty name', [ 'create', '' ], /the name of the app is empty/ ],
    [ 'capital letters', [ 'create', 'MyApp' ], /'MyApp' cannot be the name of an npm package: name cannot contain capital letters/ ],
    [ 'a space', [ 'create', 'my app' ], /'my app' cannot be .*: name can only contain URL-friendly characters/ ],
    [ 'a leading dot', [ 'create', '.app' ], /'\.app' cannot be .*: name cannot start with a period/ ],
    [ 'a name that is too long', [ 'create', 'x'.repeat(215) ], /cannot contain more than 214 characters/ ],
    [ 'the name of a module of Node', [ 'create', 'http' ], /http is a core module name/ ],
    [ 'the name of a package that it needs', [ 'create', 'egg' ], /'egg' cannot be the name of the app: it needs the package/ ],
    [ 'the name of this package', [ 'create', 'egg-socketio' ], /it needs the package of that name/ ],
    [ 'the root', [ 'create', '/' ], /cannot be the folder of an app/ ],
  ];
  for (const [ title, args, message ] of USAGE) it(title, () => assertRefused(args, message));

  it('a folder that is not empty', async () => {
    mkdirSync(at('full'));
    writeFileSync(at('full/note.txt'), 'mine');
    await assertRefused([ 'create', 'full' ], /the folder .*full is not empty\. Nothing was changed/);
    const { code, error } = await create([ 'create', '.' ], undefined, 'full');
    assert.equal(code, 1);
    assert.match(error, /is not empty/);
    assert.deepEqual(filesOf('.'), [ 'full/note.txt' ]);
  });

  it('a folder with an app that it created before', async () => {
    await create([ 'create', 'my-app' ]);
    writeFileSync(at('my-app/app/router.ts'), 'mine');
    await assertRefused([ 'create', 'my-app', '--ts' ], /is not empty/);
    assert.equal(read('my-app/app/router.ts'), 'mine');
  });

  it('a file', async () => {
    writeFileSync(at('file'), 'mine');
    await assertRefused([ 'create', 'file' ], /is not a folder/);
    await assertRefused([ 'create', 'file/app' ], /is not a folder, or is not in one/);
    assert.equal(read('file'), 'mine');
  });

  it('a folder that is not writable', async function() {
    const { geteuid, seteuid } = process;
    if (!geteuid || !seteuid) this.skip();
    const owner = geteuid.call(process);
    // What is read for it must be readable; the folder is not.
    chmodSync(at(), 0o755);
    mkdirSync(at('locked'), { mode: 0o555 });
    // root may write everywhere.
    if (owner === 0) seteuid.call(process, 65534);
    try {
      assert.throws(() => writeFiles(at('locked/deep/app'), new Map([[ 'a', '' ]])), {
        message: `cannot write to ${at('locked/deep/app')}: no permission to write there. Nothing was changed.`,
      });
    } finally {
      if (owner === 0) seteuid.call(process, owner);
    }
    assert.deepEqual(readdirSync(at('locked')), []);
  });

  it('an error while it writes, after which it removes the written files', () => {
    mkdirSync(at('app/there'), { recursive: true });
    writeFileSync(at('app/there/b'), 'mine');
    const files = new Map([[ 'new/a', '' ], [ 'there/a', '' ], [ 'there/b', '' ]]);
    assert.throws(() => writeFiles(at('app'), files), UserError);
    assert.deepEqual(filesOf('.'), [ 'app/there/b' ]);
    assert.deepEqual(readdirSync(at('app')), [ 'there' ]);
    assert.equal(read('app/there/b'), 'mine');
  });
});
