import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { build } from 'esbuild';
import type { Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { freePort } from '../support/free_port';
import { withInlineApp } from '../support/inline_app';
import { codeBlocksOf, readPage } from './markdown';

const APP = {
  'app/socket/chat.js': `
    const { defineSocketController } = require('egg-socketio');
    module.exports = defineSocketController({
      namespace: '/chat',
      messages: { echo: (ctx, value) => value },
      onConnection: ctx => { ctx.emit('binary', Buffer.from([ 1, 2, 3 ])); },
    });`,
};

/** `wx` with the one function that the page uses; it takes and gives only what a mini program's takes and gives. */
function standIn(toBuffer: (bytes: number[]) => ArrayBuffer) {
  const connections: WebSocket[] = [];
  function connectSocket({ url }: { url: string }) {
    const ws = new WebSocket(url);
    connections.push(ws);
    return {
      send({ data }: { data: string | ArrayBuffer }) {
        assert.match(Object.prototype.toString.call(data), /^\[object (String|ArrayBuffer)\]$/);
        ws.send(typeof data === 'string' ? data : Buffer.from(new Uint8Array(data)));
      },
      close: () => ws.close(),
      onOpen: (listener: () => void) => ws.on('open', listener),
      onClose: (listener: (event: object) => void) => ws.on('close', (code, reason) => listener({ code, reason: String(reason) })),
      onError: (listener: (error: object) => void) => ws.on('error', ({ message }) => listener({ errMsg: message })),
      onMessage: (listener: (message: object) => void) => ws.on('message', (data: Buffer, isBinary) => {
        listener({ data: isBinary ? toBuffer([ ...data ]) : data.toString() });
      }),
    };
  }
  return { connections, wx: { connectSocket } };
}

describe('test/docs/client_recipes.test.ts', function() {
  this.timeout(60_000);

  it('the transport for mini programs sends, receives and recovers without the globals of a browser and without Function()', async () => {
    const port = await freePort();
    const config = `module.exports = () => ({ keys: 'k', socketio: { port: { port: ${port}, hostname: '127.0.0.1' }, connectionStateRecovery: true } });`;
    await withInlineApp({ ...APP, 'config/config.default.js': config }, async ({ baseDir }, startError) => {
      assert.ifError(startError);
      const blocks = codeBlocksOf(readPage('docs/client-recipes.md')).filter(block => block.path?.startsWith('miniprogram/'));
      assert.equal(blocks.length, 2);
      mkdirSync(path.join(baseDir, 'miniprogram'));
      for (const { path: name, content } of blocks) writeFileSync(path.join(baseDir, name!), content.replace('https://chat.example.com', `http://127.0.0.1:${port}`));
      const { outputFiles } = await build({
        entryPoints: [ path.join(baseDir, 'miniprogram/socket.ts') ],
        bundle: true, format: 'cjs', target: 'es2018', define: { self: 'globalThis' }, write: false, logLevel: 'silent',
      });

      const module: { exports: { socket?: Socket } } = { exports: {} };
      const context = vm.createContext({ setTimeout, clearTimeout, setInterval, clearInterval, console, module, exports: module.exports });
      const { connections, wx } = standIn(vm.runInContext('bytes => Uint8Array.from(bytes).buffer', context) as (bytes: number[]) => ArrayBuffer);
      const bytes: unknown = vm.runInContext('Uint8Array.of(7, 8, 9).subarray(1)', context);
      Object.assign(context, { wx });
      vm.runInContext('Function = () => { throw new EvalError("forbidden") };', context);
      vm.runInContext(outputFiles[0].text, context);
      const socket = module.exports.socket!;
      try {
        const next = (event: string) => new Promise<unknown>(resolve => { socket.once(event, resolve); });
        const binary = next('binary');
        await next('connect');
        const { id } = socket;
        assert.deepEqual([ ...new Uint8Array(await binary as ArrayBuffer) ], [ 1, 2, 3 ]);
        assert.equal(await socket.emitWithAck('echo', 'hello'), 'hello');
        assert.deepEqual([ ...new Uint8Array(await socket.emitWithAck('echo', bytes) as ArrayBuffer) ], [ 8, 9 ]);
        const [ disconnected, connected ] = [ next('disconnect'), next('connect') ];
        connections[0].terminate();
        assert.equal(await disconnected, 'transport close');
        await connected;
        assert.deepEqual([ connections.length, socket.recovered, socket.id ], [ 2, true, id ]);
      } finally {
        const gone = connections.map(ws => ws.readyState === WebSocket.CLOSED || once(ws, 'close'));
        socket.disconnect();
        await Promise.all(gone);
      }
    });
  });
});
