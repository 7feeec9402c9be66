import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'socket.io';
import type { Means } from '../dispatch/pipeline';
import type { ContextFactory } from '../../context/socket_context';
import type { SessionLoader } from '../../context/http_session';
import type { ConnectionLimits } from '../../limits/connection_limits';
import type { LimitSocket } from '../../limits/socket_limits';
import type { Observation } from '../../telemetry/observation/observation';
import type { EmitWatch } from '../../telemetry/observation/watch_emits';
import type { FilterLevels } from '../../controllers/plan/types';
import type { UnknownNames } from '../../controllers/report/unknown_names';
import type { LogError } from '../reply/repeated_errors';
import type { Tally } from '../../telemetry/stats/tally';
import type { Activity } from './activity';
import type { HoldEvent } from './waiting_events';
import type { Watch } from './incoming';

/** What the namespaces of one app share. */
export interface Environment extends Means {
  readonly Context: ContextFactory;
  /**
   * Egg's `app.ctxStorage`. Whatever runs with a context is run by its `run()`, looked up each time, and what that returns is
   * awaited: `app.mockSocketEvent()` sees contexts, and when they are done with, there (lib/mock/taps.ts).
   */
  readonly storage: AsyncLocalStorage<object>;
  readonly session: SessionLoader;
  /** Takes errors that clients may not see. */
  readonly logError: LogError;
  /** The app's own filters. */
  readonly filters: FilterLevels;
  readonly activity: Activity;
  /** Events, CONNECTs and namespaces of a connection. */
  readonly connectionLimits: ConnectionLimits;
  /** Bits of an IPv6 address that `by: 'address'` of `@RateLimit()` counts by. */
  readonly ipv6Prefix: number;
  /** Rooms of a socket, and acks to it. */
  readonly limitSocket: LimitSocket;
  /** Has sockets show the address of the client behind a proxy; `undefined` without one. */
  readonly showAddress: ((socket: Socket) => void) | undefined;
  /** Has events wait for connection handlers, as many as may. */
  readonly holdEvent: HoldEvent;
  readonly observation: Observation;
  readonly tally: Tally;
  /** For the sockets: tells what they emit. */
  readonly emits: EmitWatch;
  /** `undefined` for a worker that has no siblings to send anything to. */
  readonly watch: Watch | undefined;
  /** Whether an unknown event with an ack is answered. */
  readonly answerUnknown: boolean;
  /** Whether clients see the message of an internal error. */
  readonly showInternal: boolean;
  /** Logs events that nobody handles; in development only. */
  readonly unknownNames: UnknownNames | undefined;
}
