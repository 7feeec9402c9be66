import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import path from 'node:path';
import { StreamError } from 'egg-socketio/client';
import { codeBlocksOf, readPages } from '../docs/markdown';
import { collect, handlersOf, stream, withStreams } from '../streams/support';
import { requireTools, TOOLS } from './support/tools';

/** Has the fake model of the app tell what happens in it. */
const NEWS = 'socketioTestModel';

/** Answers with the words of the prompt, fails, or goes on until it is aborted. */
const MODEL = `
  const { MockLanguageModelV2 } = require('ai/test');

  const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };

  exports.model = new MockLanguageModelV2({
    async doStream({ prompt, abortSignal }) {
      const { text } = prompt.at(-1).content[0];
      const words = text === 'endless' ? Array(1e6).fill('again ') : text.split(/(?<= )/);
      abortSignal.addEventListener('abort', () => globalThis.${NEWS}.emit('aborted'));
      let next = 0;
      return { stream: new ReadableStream({
        async pull(controller) {
          await new Promise(setImmediate);
          if (next === 0) controller.enqueue({ type: 'text-start', id: '1' });
          if (next < words.length) controller.enqueue({ type: 'text-delta', id: '1', delta: words[next++] });
          if (next < words.length) return;
          if (text === 'fail') controller.enqueue({ type: 'error', error: new Error('the model is broken') });
          controller.enqueue({ type: 'text-end', id: '1' });
          controller.enqueue({ type: 'finish', finishReason: 'stop', usage });
          controller.close();
        },
      }) };
    },
  });`;

describe('test/package/ai_recipe.test.ts', function() {
  this.timeout(60_000);
  const news = new EventEmitter();
  before(function() {
    requireTools(this);
    Object.assign(globalThis, { [NEWS]: news });
  });
  after(() => { Reflect.deleteProperty(globalThis, NEWS); });

  /** Starts the app of docs/streams.md with the package ai, and the fake model. */
  function withAssistant(run: Parameters<typeof withStreams>[1]): Promise<void> {
    const recipe = readPages().filter(({ file }) => file === 'docs/streams.md').flatMap(page => codeBlocksOf(page)).find(({ content }) => content.includes("from 'ai'"));
    const reexport = (name: string) => `module.exports = require(${JSON.stringify(path.join(TOOLS, name))});`;
    return withStreams(recipe!.content, run, '', {
      'app/lib/model.js': MODEL, 'node_modules/ai/index.js': reexport('ai'), 'node_modules/ai/test.js': reexport('ai/dist/test'),
    });
  }

  it('streams the words of a model', () => withAssistant(async ({ connect }) => {
    const socket = (await connect()).io.socket('/assistant', {}).connect();
    assert.deepEqual(await collect(stream(socket, 'ask', 'words of a model')), [ 'words ', 'of ', 'a ', 'model' ]);
  }));

  it('gives the client the error of a model, after its words', () => withAssistant(async ({ connect }) => {
    const socket = (await connect()).io.socket('/assistant', {}).connect();
    const words: unknown[] = [];
    await assert.rejects(async () => {
      for await (const word of stream(socket, 'ask', 'fail')) words.push(word);
    }, error => error instanceof StreamError && error.code === 'INTERNAL' && error.message === 'the model is broken');
    assert.deepEqual(words, [ 'fail' ]);
  }));

  it('ends the request to the model when the client cancels', () => withAssistant(async ({ app, connect }) => {
    const socket = (await connect()).io.socket('/assistant', {}).connect();
    const aborted = once(news, 'aborted');
    for await (const word of stream(socket, 'ask', 'endless')) if (word === 'again ') break;
    await aborted;
    while (await handlersOf(app) > 0) await new Promise(setImmediate);
  }));
});
