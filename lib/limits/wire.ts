import type { IncomingMessage } from 'node:http';
import type { Socket as EngineSocket } from 'engine.io';
import type { Application as EggApplication } from 'egg';
import type { Server } from 'socket.io';
import * as socketIoParser from 'socket.io-parser';
import type { PeerPort } from '../cluster/port';
import type { LogThrown } from '../base/app_code';
import { AddressLimit } from './addresses';
import { createBacklogLimit } from './backlog';
import { Closings } from './closings';
import type { ConnectionLimits } from './connection_limits';
import { DecoderLimits, type Parser } from './decoder';
import { addressOf } from './egg_request';
import { type EngineListeners, guardEngineListeners } from './engine_listeners';
import type { Limits } from './limits';
import type { AskApp } from './ask_app';
import { type AllowRequest, type OriginOptions, OriginPolicy } from './origin';
import { PacketGate } from './packet_gate';
import type { Refusals } from './refusals';
import { TransportLimits } from './transport_limits';

/** The used parts of `config.socketio`, besides the limits. */
export interface WireOptions extends OriginOptions {
  readonly allowRequest?: AllowRequest;
  readonly parser?: object;
}

/** Accepts one answer of an app's `allowRequest`, and refuses if it fails or does not answer. */
function guardAllowRequest(allowRequest: AllowRequest, ask: AskApp): AllowRequest {
  return (req, callback) => ask<[ message: string | null | undefined, success: boolean ]>(
    'config.socketio.allowRequest',
    settle => allowRequest(req, (message, success) => settle(undefined, [ message, success ])),
    (answer = [ undefined, false ]) => callback(...answer),
  );
}

/** Composition of the limits that apply before Socket.IO has a socket: handshakes, packets, and data waiting for a client. */
export class WireLimits {
  /** Becomes Engine.IO's `allowRequest`. */
  readonly allowRequest: AllowRequest;
  /** The same for a session that has begun on another worker, which has counted it. */
  readonly allowMoved: AllowRequest;
  /** Checks origins. */
  readonly origins: OriginPolicy;
  /** Counts the connections of an address, if they are limited. */
  readonly addresses: AddressLimit | undefined;
  /** Limits the data of a transport. */
  readonly transports: TransportLimits;
  /** Limits the packets of a session. */
  readonly decoders: DecoderLimits;
  /** Limits the data that waits for a client. */
  readonly backlog: ((session: EngineSocket) => void) | undefined;
  /** Reports the connections that Engine.IO closes. */
  readonly closings: Closings;
  /** Contains errors of the app's own listeners. */
  readonly listeners: EngineListeners;
  private readonly gate: PacketGate;
  /** The owner of a session. By the time that it is closed, the connection of its handshake may be gone, and its address too. */
  private readonly describe = (session: EngineSocket | undefined): string => {
    const request = session?.request as IncomingMessage | null | undefined;
    return (request && addressOf(this.app, request)) ?? session?.remoteAddress ?? 'a client';
  };

  /**
   * @param options - with a `cors` that {@link guardCors} has made
   * @param ask - asks the app's functions among the options
   * @param logThrown - gets errors of the app's own listeners
   * @param peers - makes the way to the other workers, if there may be some
   */
  constructor(
    private readonly app: EggApplication,
    options: WireOptions,
    limits: Limits,
    refusals: Refusals,
    connections: ConnectionLimits,
    ask: AskApp,
    logThrown: LogThrown,
    peers?: (channel: string) => PeerPort,
  ) {
    const { connectionsPerAddress: most, ipv6Prefix } = limits;
    this.addresses = most < Infinity ? new AddressLimit(app, most, refusals, peers?.('addresses'), ipv6Prefix) : undefined;
    const own = options.allowRequest && guardAllowRequest(options.allowRequest, ask);
    this.origins = new OriginPolicy(app, options, refusals);
    this.allowRequest = this.origins.guard(this.addresses?.guard(own) ?? own);
    this.allowMoved = this.origins.guard(own);
    const parser = (options.parser ?? socketIoParser) as Parser;
    this.gate = new PacketGate(limits, connections, new parser.Encoder(), this.describe);
    this.decoders = new DecoderLimits(parser, limits, refusals, this.describe, this.gate);
    this.transports = new TransportLimits(limits, refusals, connections, this.describe);
    this.backlog = createBacklogLimit(limits.bufferedBytes, refusals, this.describe);
    this.closings = new Closings(refusals, this.describe);
    this.listeners = guardEngineListeners(logThrown);
  }

  /** Becomes Socket.IO's `parser`. */
  get parser(): object {
    return this.decoders.parser;
  }

  /** Limits the CONNECTs to missing namespaces of a Socket.IO server. */
  attach(io: Server): void {
    this.gate.attach(io);
  }

  /** Reports each missing namespace that a client asks for. */
  tellUnknown(tell: (name: string) => void): void {
    this.gate.onUnknown = tell;
  }

  close(): void {
    this.addresses?.close();
  }
}
