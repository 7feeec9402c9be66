import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'socket.io';
import type { Means } from '../dispatch/pipeline';
import type { ContextFactory } from '../../context/socket_context';
import type { SessionLoader } from '../../context/http_session';
import type { ConnectionLimits } from '../../limits/connection_limits';
import type { LimitSocket } from '../../limits/socket_limits';
import type { Observation } from '../../telemetry/observation/observation';
import type { EmitWatch } from '../../telemetry/observation/watch_emits';
import type { FilterLevels, NamespacePlan } from '../../controllers/plan/types';
import type { UnknownNames } from '../../controllers/report/unknown_names';
import type { LogError } from '../reply/repeated_errors';
import type { Tally } from '../../telemetry/stats/tally';
import type { SharedStreams } from '../streams/shared_streams';
import type { Activity } from './activity';
import type { HoldEvent } from './waiting_events';
import type { Deliver, Watch } from './incoming';

/** Runs for each packet of a namespace instead of its delivery to the handlers of `app/socket`, which it may call. */
export type DeliverAround = (plan: NamespacePlan, environment: Environment, usual: Deliver) => Deliver;

/** The parts that the namespaces of one app share. */
export interface Environment extends Means {
  readonly Context: ContextFactory;
  /**
   * Egg's `app.ctxStorage`. Everything with a context runs through its `run()`, looked up each time, and the result is awaited:
   * `app.mockSocketEvent()` observes contexts, and their end, there (lib/mock/taps.ts).
   */
  readonly storage: AsyncLocalStorage<object>;
  readonly session: SessionLoader;
  /** Handles errors that clients may not see. */
  readonly logError: LogError;
  /** The app's own filters. */
  readonly filters: FilterLevels;
  readonly activity: Activity;
  /** Limits events, CONNECTs and namespaces of a connection. */
  readonly connectionLimits: ConnectionLimits;
  /** The number of bits of an IPv6 address that `by: 'address'` of `@RateLimit()` counts by. */
  readonly ipv6Prefix: number;
  /** Streams of a socket at once. */
  readonly maxStreams: number;
  /** Approximate bytes of the uploads of a socket that wait for their handlers. */
  readonly uploadBytes: number;
  /** The streams that go on without their clients, of this worker and of the others. Created by the first that needs them. */
  readonly sharedStreams: () => SharedStreams;
  /** Limits rooms of a socket, and acks to it. */
  readonly limitSocket: LimitSocket;
  /** Makes sockets show the address of the client behind a proxy; `undefined` without one. */
  readonly showAddress: ((socket: Socket) => void) | undefined;
  /** Limits the events that wait for connection handlers. */
  readonly holdEvent: HoldEvent;
  readonly observation: Observation;
  readonly tally: Tally;
  /** Publishes the emits of sockets. */
  readonly emits: EmitWatch;
  /** Set by another plugin with handlers of its own. */
  readonly deliverAround: DeliverAround | undefined;
  /** `undefined` for a worker without siblings. */
  readonly watch: Watch | undefined;
  /** Whether an adapter that is not the plugin's own keeps sessions for clients that may come back. */
  readonly sessionsElsewhere: boolean;
  /** Whether an unknown event with an ack is answered. */
  readonly answerUnknown: boolean;
  /** Whether clients see the message of an internal error. */
  readonly showInternal: boolean;
  /** Logs events without a handler; in development only. */
  readonly unknownNames: UnknownNames | undefined;
}
