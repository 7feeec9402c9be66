import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { codeBlocksOf, readPage } from '../docs/markdown';
import { freePort } from './free_port';
import type { RunningServer } from './server';

const { NGINX_PATH = 'nginx' } = process.env;
const PAGE = 'docs/deploy.md';

function isInstalled(): boolean {
  try {
    execFileSync(NGINX_PATH, [ '-v' ], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** To be called in a suite: skips it where there is no nginx, and says so; on CI that is a failure. */
export function needsNginx(): void {
  before(function() {
    if (isInstalled()) return;
    const reason = `there is no program '${NGINX_PATH}': install nginx, or set NGINX_PATH.`;
    if (process.env.CI === 'true') throw new Error(reason);
    console.log(`      skipped: ${reason}`);
    this.skip();
  });
}

/** What stands for a value of ours in the configuration that is documented. */
const DOCUMENTED = { listen: 'listen 80;', upstream: 'server 127.0.0.1:7001;' };

/**
 * The configuration that the documentation shows, with ports that are free here.
 *
 * @param below - the path that it takes away, as documented; '/' for none
 */
function siteConfig(port: number, upstream: string, below: string): string {
  const block = codeBlocksOf(readPage(PAGE)).find(({ content }) => content.startsWith('# /etc/nginx/'));
  if (!block) throw new Error(`${PAGE}: expected a block of code that begins with '# /etc/nginx/'`);
  const replace = (text: string, from: string, to: string) => {
    if (text.split(from).length !== 2) throw new Error(`${block.where}: expected '${from}' once`);
    return text.replace(from, to);
  };
  const at = below === '/' ? block.content
    : replace(replace(block.content, 'location / {', `location ${below} {`), 'proxy_pass http://chat;', 'proxy_pass http://chat/;');
  return replace(replace(at, DOCUMENTED.listen, `listen 127.0.0.1:${port};`), DOCUMENTED.upstream, `server ${upstream};`);
}

/** What Debian has in nginx.conf around the sites, with all files in one folder. */
function mainConfig(folder: string): string {
  const temporary = [ 'client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi' ].map(name => `  ${name}_temp_path ${folder}/${name};`);
  return [
    // As root its workers would become somebody who must not enter the folder.
    ...process.getuid?.() === 0 ? [ 'user root;' ] : [],
    'daemon off;', 'worker_processes 2;', `pid ${folder}/nginx.pid;`, 'error_log stderr notice;',
    'events { worker_connections 512; }',
    'http {', '  access_log off;', ...temporary, `  include ${folder}/site.conf;`, '}', '',
  ].join('\n');
}

/**
 * Starts nginx, configured as documented, in front of a server; stopping it stops that too.
 *
 * @param below - the path under which it has the app
 */
export async function startNginx(behind: RunningServer, below = '/'): Promise<RunningServer> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nginx-'));
  const port = await freePort();
  writeFileSync(path.join(folder, 'site.conf'), siteConfig(port, new URL(behind.url).host, below));
  writeFileSync(path.join(folder, 'nginx.conf'), mainConfig(folder));
  const nginx = spawn(NGINX_PATH, [ '-p', folder, '-c', path.join(folder, 'nginx.conf'), '-e', 'stderr' ], { stdio: [ 'ignore', 'ignore', 'pipe' ] });
  const exited = once(nginx, 'exit');
  const said: string[] = [];
  const serving = new Promise<void>(resolve => {
    createInterface(nginx.stderr).on('line', line => {
      if (said.push(line) > 100) said.shift();
      // Its sockets listen before it starts processes to serve them.
      if (line.includes('start worker process')) resolve();
    });
  });
  await Promise.race([ serving, exited.then(() => { throw new Error(`nginx does not start:\n${said.join('\n')}`); }) ]);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      nginx.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
      await behind.stop();
    },
  };
}
