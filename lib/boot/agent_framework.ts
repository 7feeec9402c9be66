import type { Agent, Application as EggApplication } from 'egg';
import type { AgentEmitter, AgentEmitterOptions } from '../adapter/agent_emitter';
import type { ClusterAgent } from './cluster_agent';
import { isClustered, rendezvousFor } from '../cluster/egg_cluster';
import { startupError } from '../base/errors';
import { lazy } from '../base/lazy';
import { loggerOf } from '../base/logger';
import type { SocketIOConfig } from './config';
import { checkOptions, hideSecrets } from './options';
import type { RedisEmitter } from '../redis/emitter';
import { planRedisIfWanted } from '../redis/wanted';
import { warnOfConfig } from '../controllers/report/config_warnings';

const redisEmitter = lazy(() => require('../redis/emitter') as typeof import('../redis/emitter'));
const agentEmits = lazy(() => require('../events/outgoing/agent_emits') as typeof import('../events/outgoing/agent_emits'));
const policies = lazy(() => require('../controllers/plan/policies') as typeof import('../controllers/plan/policies'));
const clusterAgent = lazy(() => require('./cluster_agent') as typeof import('./cluster_agent'));

const FRAMEWORK = Symbol.for('egg-socketio:agent');

/** The app's outgoing middleware. The agent has no controllers. */
function outgoingOf({ outgoing = [] }: SocketIOConfig): AgentEmitterOptions['outgoing'] {
  if (outgoing.length === 0) return undefined;
  return agentEmits().forAgent(policies().planOutgoing(outgoing, { level: 'app', where: 'config.socketio.outgoing' }));
}

/** Composition root of the agent. */
export class AgentFramework {
  private readonly cluster: ClusterAgent | undefined;
  private readonly redis: RedisEmitter | undefined;
  private readonly hasOwnAdapter: boolean = false;
  private readonly warn: (() => void) | undefined;

  /** @throws {SocketIOError} `INVALID_CONFIG` */
  constructor(private readonly agent: Agent) {
    hideSecrets(agent);
    // In one process with its app, the agent uses the app's server, and the app checks the options.
    if (!isClustered(agent)) return;
    // The agent starts before the workers, so an invalid option is reported once and not by each of them.
    const options = checkOptions(agent.config.socketio);
    this.warn = () => warnOfConfig(agent, options, loggerOf(agent));
    const recovery = Boolean(options.connectionStateRecovery);
    const plan = planRedisIfWanted(options, recovery, { name: agent.name, redis: agent.config.redis });
    this.hasOwnAdapter = !plan && options.adapter !== undefined;
    const emitterOptions = { parser: options.parser as never, recovery, outgoing: outgoingOf(options) };
    if (plan) this.redis = new (redisEmitter().RedisEmitter)(plan, emitterOptions, loggerOf(agent));
    this.cluster = new (clusterAgent().ClusterAgent)(loggerOf(agent), rendezvousFor(agent), emitterOptions);
  }

  /**
   * `agent.io`. In one process with its app, as in tests, it is the app's own server.
   *
   * @throws {SocketIOError} `AGENT_IO_UNAVAILABLE`
   */
  get io(): AgentEmitter {
    if (this.redis) return this.redis.io;
    if (this.cluster && this.hasOwnAdapter) {
      throw startupError('AGENT_IO_UNAVAILABLE', "agent.io: the agent does not take part in the app's own config.socketio.adapter. Send a message to a worker, and emit there.");
    }
    if (this.cluster) return this.cluster.io;
    const { app, application } = this.agent as { app?: EggApplication; application?: EggApplication };
    const { io } = app ?? application ?? {};
    if (!io) throw startupError('AGENT_IO_UNAVAILABLE', 'agent.io: the app does not exist yet; use it after the agent is ready, such as in a schedule or in serverDidReady.');
    return io as unknown as AgentEmitter;
  }

  async open(): Promise<void> {
    this.warn?.();
    await this.redis?.open();
    await this.cluster?.open();
  }

  async close(): Promise<void> {
    await this.cluster?.close();
    await this.redis?.close();
  }
}

/** Returns the framework of an agent, and creates it at the first call. */
export function agentFrameworkOf(agent: Agent): AgentFramework {
  const holder = agent as { [FRAMEWORK]?: AgentFramework };
  return holder[FRAMEWORK] ??= new AgentFramework(agent);
}
