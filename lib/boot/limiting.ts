import type { Application as EggApplication } from 'egg';
import { createHoldEvent, type HoldEvent } from '../events/namespace/waiting_events';
import type { PeerPort } from '../cluster/port';
import { type AskApp, createAskApp } from '../limits/ask_app';
import { ConnectionLimits } from '../limits/connection_limits';
import { guardCors } from '../limits/cors';
import { Deadlines } from '../limits/deadlines';
import { createShowAddress } from '../limits/egg_request';
import { type Limits, resolveLimits } from '../limits/limits';
import { limitSockets, type LimitSocket } from '../limits/socket_limits';
import { WireLimits } from '../limits/wire';
import type { SocketIOConfig } from './config';
import type { Telemetry } from './telemetry';

/** The limits for the clients of one worker, created from the checked options. */
export class Limiting {
  readonly limits: Limits;
  readonly deadlines: Deadlines;
  /** Limits events, CONNECTs and namespaces of a connection. */
  readonly connectionLimits: ConnectionLimits;
  /** Limits rooms of a socket, and acks to it. */
  readonly limitSocket: LimitSocket;
  /** Limits the events that wait for connection handlers. */
  readonly holdEvent: HoldEvent;
  private readonly ask: AskApp;

  constructor(options: Pick<SocketIOConfig, 'limits'>, private readonly telemetry: Telemetry) {
    const { refusals, logThrown } = telemetry;
    const limits = this.limits = resolveLimits(options.limits);
    this.deadlines = new Deadlines(limits.handlerTimeout, refusals, logThrown);
    this.connectionLimits = new ConnectionLimits(limits, refusals);
    this.limitSocket = limitSockets(limits, refusals);
    this.holdEvent = createHoldEvent(limits.waitingBytes, refusals);
    this.ask = createAskApp(limits.handshakeTimeout, refusals, logThrown);
  }

  /** Becomes Socket.IO's `cors`. */
  guardCors(cors: SocketIOConfig['cors']): SocketIOConfig['cors'] {
    return guardCors(cors, this.ask) as SocketIOConfig['cors'];
  }

  /**
   * Creates the limits that apply before a socket exists.
   *
   * @param options - with the `cors` of {@link guardCors}
   * @param peers - returns the channel to the other workers, if there are any
   */
  createWire(app: EggApplication, options: SocketIOConfig, peers: ((channel: string) => PeerPort) | undefined): WireLimits {
    const { limits, connectionLimits, ask, telemetry: { refusals, logThrown } } = this;
    return new WireLimits(app, options, limits, refusals, connectionLimits, ask, logThrown, peers);
  }

  /** For the namespaces: the limits on sockets and their events. */
  ofNamespaces(app: EggApplication) {
    const { limits: { ipv6Prefix, streams, streamBytes, uploadBytes }, deadlines, connectionLimits, limitSocket, holdEvent } = this;
    const shown = { showAddress: createShowAddress(app) };
    return { ipv6Prefix, maxStreams: streams, streamBytes, uploadBytes, deadlines, connectionLimits, limitSocket, holdEvent, ...shown };
  }
}
