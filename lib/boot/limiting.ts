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

/** What limits the clients of one worker, made of the checked options. */
export class Limiting {
  readonly limits: Limits;
  readonly deadlines: Deadlines;
  /** Events, CONNECTs and namespaces of a connection. */
  readonly connectionLimits: ConnectionLimits;
  /** Rooms of a socket, and acks to it. */
  readonly limitSocket: LimitSocket;
  /** Lets events wait for connection handlers, as many as may. */
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

  /** To be Socket.IO's `cors`. */
  guardCors(cors: SocketIOConfig['cors']): SocketIOConfig['cors'] {
    return guardCors(cors, this.ask) as SocketIOConfig['cors'];
  }

  /**
   * Makes the limits of what comes before there is a socket.
   *
   * @param options - with the `cors` that {@link guardCors} has made
   * @param peers - makes the way to the other workers, if there may be some
   */
  createWire(app: EggApplication, options: SocketIOConfig, peers: ((channel: string) => PeerPort) | undefined): WireLimits {
    const { limits, connectionLimits, ask, telemetry: { refusals, logThrown } } = this;
    return new WireLimits(app, options, limits, refusals, connectionLimits, ask, logThrown, peers);
  }

  /** For the namespaces: what limits sockets and their events. */
  ofNamespaces(app: EggApplication) {
    const { limits: { ipv6Prefix }, deadlines, connectionLimits, limitSocket, holdEvent } = this;
    return { ipv6Prefix, deadlines, connectionLimits, limitSocket, holdEvent, showAddress: createShowAddress(app) };
  }
}
