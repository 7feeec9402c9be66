import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { codeBlocksOf, linksOf, readPage, ROOT, sectionsOf } from './markdown';

describe('test/docs/contributing.test.ts', () => {
  const page = readPage('CONTRIBUTING.md');
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const words = [ ...page.text.matchAll(/`([^`\n]+)`/g) ].map(([ , word ]) => word);
  const commands = codeBlocksOf(page).filter(({ language }) => language === 'sh')
    .flatMap(({ content }) => content.split('\n').map(line => line.replace(/\s+#.*$/, '')).filter(Boolean));

  it('its commands exist', () => {
    assert.ok(commands.length > 10);
    for (const command of [ ...commands, ...words.filter(word => word.startsWith('npm run ')) ]) {
      const script = /^npm (?:run )?([\w:]+)/.exec(command)?.[1];
      const file = /^(?:npx egg-bin test )?(\S+\/\S+)$/.exec(command)?.[1];
      if (file) assert.ok(existsSync(path.join(ROOT, file)), command);
      else assert.ok(script === 'ci' || scripts[script!], command);
    }
  });

  it('its paths and links lead somewhere', () => {
    const paths = [ ...words.filter(word => /^(lib|test|templates|config)\//.test(word)), ...linksOf(page).map(({ target }) => target.split('#')[0]) ];
    assert.deepEqual(paths.filter(name => !existsSync(path.join(ROOT, name))), []);
  });

  it('it has every folder of lib, once', () => {
    const rooms = readdirSync(path.join(ROOT, 'lib'), { withFileTypes: true }).filter(entry => entry.isDirectory()).map(({ name }) => `lib/${name}/`);
    const section = sectionsOf(page).find(({ title }) => title.includes('Where a change goes'))!;
    assert.deepEqual([ ...section.text.matchAll(/`(lib\/\w+\/)`:/gm) ].map(([ , room ]) => room).sort(), rooms.sort());
  });
});
