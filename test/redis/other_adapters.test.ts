import assert from 'node:assert/strict';
import type { Agent } from 'egg';
import { AgentFramework } from '../../lib/boot/agent_framework';
import { withInlineApp } from '../support/inline_app';

describe('test/redis/other_adapters.test.ts', () => {
  it('an adapter function is called for each namespace, and its adapters carry broadcasts', async () => {
    await withInlineApp({
      'config/config.default.js': `
        const { Adapter } = require('socket.io-adapter');
        const made = [];
        class Recording extends Adapter {
          constructor(nsp) { super(nsp); made.push(nsp.name); }
          broadcast(packet, opts) { made.push(packet.data[0]); super.broadcast(packet, opts); }
        }
        let create;
        module.exports = () => ({ keys: 'k', made, socketio: { adapter: nsp => (create ??= each => new Recording(each))(nsp) } });`,
    }, async ({ app }, error) => {
      assert.equal(error, undefined);
      app.io.of('/chat').emit('hi');
      const client = await app.createSocketIOClient();
      app.io.emit('hello');
      await client.next('hello');
      await client.close();
      assert.deepEqual((app.config as unknown as { made: string[] }).made, [ '/', '/chat', 'hi', 'hello' ]);
    });
  });

  it('agent.io throws and explains that it does not use an adapter of the app', () => {
    const agent = {
      name: 'x', options: { workers: 2, clusterPort: 1 }, getLogger: () => console, config: { socketio: { adapter: () => undefined } },
    };
    const framework = new AgentFramework(agent as unknown as Agent);
    assert.throws(() => framework.io, { code: 'AGENT_IO_UNAVAILABLE', message: /agent\.io: the agent does not take part in the app's own config\.socketio\.adapter/ });
  });
});
