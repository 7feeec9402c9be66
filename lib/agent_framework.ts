import type { Agent, Application as EggApplication } from 'egg';
import type { AgentEmitter } from './cluster/agent_emitter';
import { ClusterAgent } from './cluster/cluster_agent';
import { isClustered, rendezvousFor } from './clustered';
import { checkOptions } from './options';

const FRAMEWORK = Symbol.for('egg-socketio:agent');

/** Composition root of the agent. */
export class AgentFramework {
  private readonly cluster: ClusterAgent | undefined;

  /** @throws {SocketIOError} `INVALID_CONFIG` */
  constructor(private readonly agent: Agent) {
    // The agent starts before the workers: a wrong option is said once, and not by each of them.
    const { parser, connectionStateRecovery } = checkOptions(agent.config.socketio);
    if (!isClustered(agent)) return;
    this.cluster = new ClusterAgent(agent, rendezvousFor(agent), {
      parser: parser as never, recovery: Boolean(connectionStateRecovery),
    });
  }

  /** `agent.io`. In one process with its app, as in tests, it is the app's own server. */
  get io(): AgentEmitter {
    if (this.cluster) return this.cluster.io;
    const { app, application } = this.agent as { app?: EggApplication; application?: EggApplication };
    const { io } = app ?? application ?? {};
    if (!io) throw new Error('[egg-socketio] agent.io: the app is not there yet; use it after the agent is ready, such as in a schedule or in serverDidReady.');
    return io as unknown as AgentEmitter;
  }

  async open(): Promise<void> {
    await this.cluster?.open();
  }

  async close(): Promise<void> {
    await this.cluster?.close();
  }
}

/** The framework of an agent, made at the first call. */
export function agentFrameworkOf(agent: Agent): AgentFramework {
  const holder = agent as { [FRAMEWORK]?: AgentFramework };
  return holder[FRAMEWORK] ??= new AgentFramework(agent);
}
