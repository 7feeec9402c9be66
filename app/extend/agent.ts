import type { Agent } from 'egg';
import { agentFrameworkOf } from '../../lib/boot/agent_framework';
import type { AgentEmitter } from '../../lib/adapter/agent_emitter';

export default {
  get io(): AgentEmitter {
    return agentFrameworkOf(this as unknown as Agent).io;
  },
};
