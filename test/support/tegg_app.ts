/** What makes an app of `withInlineApp()` one of tegg's. */
const ENABLED = {
  'config/plugin.js': `
    exports.socketio = { enable: true, package: 'egg-socketio' };
    exports.teggConfig = { enable: true, package: '@eggjs/tegg-config' };
    exports.tegg = { enable: true, package: '@eggjs/tegg-plugin' };`,
};

const IMPORT = "import { AccessLevel, ContextProto, Inject, SingletonProto } from '@eggjs/tegg';\n";

/**
 * The files of an app with tegg.
 *
 * @param modules - the classes of each module, by its name
 * @param files - of the app, besides
 */
export function teggApp(modules: Record<string, string>, files: Record<string, string>): Record<string, string> {
  const ofModules = Object.entries(modules).flatMap(([ name, classes ]) => [
    [ `app/modules/${name}/package.json`, JSON.stringify({ name, eggModule: { name } }) ],
    [ `app/modules/${name}/${name}.ts`, IMPORT + classes ],
  ]);
  return { ...ENABLED, ...Object.fromEntries(ofModules), ...files };
}
