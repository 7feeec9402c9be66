import { buildSync } from 'esbuild';

let script: string | undefined;

/**
 * `egg-socketio/client` as one module, for pages without a bundler; made at the first call. It is the same for an installed package and for
 * the sources of this repository.
 */
export function clientScript(): string {
  return script ??= buildSync({
    stdin: { contents: "export { stream } from 'egg-socketio/client'", resolveDir: __dirname },
    bundle: true,
    format: 'esm',
    write: false,
  }).outputFiles[0].text;
}
