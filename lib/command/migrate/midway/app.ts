import path from 'node:path';
import { correctPaths } from '../egg/imports';
import { MARKER } from '../source/source';
import type { Project } from '../source/project';
import { isMidwayController, translateController } from './controller';
import { type Options, optionsOfBootstrap, removeComponent, takeOptions } from './options';

const PLUGIN = `import type { EggPlugin } from 'egg';

const plugin: EggPlugin = {
  socketio: { enable: true, package: 'egg-socketio' },
};

export default plugin;
`;

function controllersOf(project: Project): string[] {
  return project.codeIn('src').filter(file => project.read(file).includes('@midwayjs/') && isMidwayController(project.source(file)));
}

/** Whether an app has socket controllers of Midway. */
export function usesMidway(project: Project): boolean {
  return controllersOf(project).length > 0;
}

/** `src/socket/hello.ts` and `src/controller/hello.ts` are `app/socket/hello.ts`. */
function movedTo(file: string): string {
  return path.posix.join('app/socket', file.replace(/^src\//, '').replace(/^(socket|ws|controller)\//, ''));
}

function configText({ text, comments }: Options): string {
  const redis = text.includes('createRedisAdapter(');
  return [
    "import type { EggAppConfig, PowerPartial } from 'egg';",
    redis ? "import { createRedisAdapter } from 'egg-socketio';" : "import 'egg-socketio';",
    '', 'export default (): PowerPartial<EggAppConfig> => ({',
    `  // ${MARKER} set keys, with which Egg signs cookies, unless another file does.`,
    ...comments.map(comment => `  ${comment}`), `  socketio: ${text},`, '});', '',
  ].join('\n');
}

/** Adds the dependency, in place of Midway's component if there is one. */
function manifestText(text: string, version: string): string {
  const own = `"egg-socketio": "^${version}"`;
  if (/"egg-socketio"\s*:/.test(text)) return text;
  if (/"@midwayjs\/socketio"\s*:/.test(text)) return text.replace(/"@midwayjs\/socketio"\s*:\s*"[^"]*"/, own);
  return text.replace(/("dependencies"\s*:\s*\{\s*?)(\r?\n[ \t]*)/, `$1$2${own},$2`);
}

/**
 * Plans the translation of Midway's socket controllers.
 *
 * @param project - the app's files
 * @param version - of this package
 * @return what the user should know, besides the marks in the files
 */
export function planMidway(project: Project, version: string): string[] {
  const notes: string[] = [];
  const hasService = (name: string) => project.find(`app/service/${name.replace(/Service$/, '')}`) !== undefined;
  const controllers = controllersOf(project);
  const places = new Map(controllers.map(file => [ file.replace(/\.ts$/, ''), movedTo(file).replace(/\.ts$/, '') ]));
  for (const file of controllers) {
    const source = project.source(file);
    correctPaths(source, movedTo(file), named => places.get(named));
    translateController(source, hasService);
    project.plan({ from: file, to: movedTo(file), content: source.restored(source.render()) });
  }

  const options = new Map<string, Options>();
  for (const file of project.codeIn('src/config').filter(name => /\/config\.[\w-]+\.ts$/.test(name))) {
    const taken = takeOptions(project.source(file));
    if (taken) options.set(path.posix.basename(file), taken);
  }
  const bootstrap = project.find('bootstrap');
  const started = bootstrap && optionsOfBootstrap(project.source(bootstrap));
  if (started && !options.has('config.default.ts')) options.set('config.default.ts', started);
  const configuration = project.find('src/configuration');
  if (configuration) removeComponent(project.source(configuration));
  for (const [ name, taken ] of options) {
    const file = `config/${name}`;
    if (project.has(file)) notes.push(`${file} exists already: add socketio: ${taken.text.replace(/\s+/g, ' ')}`);
    else project.plan({ to: file, content: configText(taken) });
  }
  if (!project.find('config/plugin')) project.plan({ to: 'config/plugin.ts', content: PLUGIN });
  else if (!/\bsocketio\b/.test(project.read(project.find('config/plugin')!))) notes.push('config/plugin exists already: add socketio: { enable: true, package: \'egg-socketio\' }');

  const before = project.read('package.json');
  const manifest = manifestText(before, version);
  if (manifest !== before) project.plan({ from: 'package.json', to: 'package.json', content: manifest });
  if (!/"egg"\s*:/.test(before)) notes.push('package.json has no egg: see docs/getting-started.md for the packages of an Egg app.');
  notes.push('run npm install, as package.json has another dependency.');
  return notes;
}
