import assert from 'node:assert/strict';

const { outdatedFiles } = require('../../scripts/readme_figures') as { outdatedFiles(): Promise<string[]> };

const { translateSection } = require('../../scripts/chinese_figures') as { translateSection(text: string): string };

describe('test/docs/readme_figures.test.ts', () => {
  it('the READMEs, the Chinese pages and their charts have the figures of docs/performance.md and docs/limits.md', async () => {
    assert.deepEqual(await outdatedFiles(), []);
  });

  it('a measured section is translated with its table, and its figures stay', () => {
    assert.equal(translateSection([
      'Acked echoes of 90 bytes: a handler that returns the message. Median of 5 rounds of 20000, 64 connections, one in flight on each.', '',
      '| system | CPU µs per echo |', '| --- | --: |', '| plain Socket.IO (control) | 11.85 |', '',
      '- egg-socketio compared with each other system, as a ratio in the same round: ahead of plain Socket.IO (0.68); BEHIND @midwayjs/socketio (1.45).',
    ].join('\n')), [
      '带 ack 的 90 字节回显：处理函数返回收到的消息。5 轮、每轮 20000 次的中位数，64 个连接，每个连接同时 1 个未确认。', '',
      '| 系统 | 每次回显的 CPU（µs） |', '| --- | --: |', '| 原生 Socket.IO（对照） | 11.85 |', '',
      '- egg-socketio 与其他各个系统在同一轮中的比值：领先于原生 Socket.IO（0.68）；落后于 @midwayjs/socketio（1.45）。',
    ].join('\n'));
  });

  it('a sentence of the benchmark that has no Chinese is an error that quotes it', () => {
    assert.throws(() => translateSection('- Every third echo was lost.'), /has no Chinese for “Every third echo was lost\.”/);
  });
});
