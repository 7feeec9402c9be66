import type { IncomingMessage } from 'node:http';
import type { Server as Engine, Socket as EngineSocket } from 'engine.io';
import type { Application as EggApplication } from 'egg';
import type { PeerPort } from '../cluster/port';
import type { SocketIOConfig } from '../types';
import { AddressLimit } from './addresses';
import { limitBacklog } from './backlog';
import { DecoderLimits, type Parser } from './decoder';
import { addressOf } from './egg_request';
import type { Limits } from './limits';
import { type AllowRequest, createOriginPolicy } from './origin';
import type { Refusals } from './refusals';

/** Composition of what is limited before Socket.IO has a socket: handshakes, packets, and what waits for a client. */
export class WireLimits {
  /** To be Engine.IO's `allowRequest`. */
  readonly allowRequest: AllowRequest;
  private readonly decoders: DecoderLimits;
  private readonly addresses: AddressLimit | undefined;
  /** Whose a session is. By the time that it is closed, the connection of its handshake may be gone, and the address with it. */
  private readonly describe = (session: EngineSocket | undefined): string => {
    const request = session?.request as IncomingMessage | null | undefined;
    return (request && addressOf(this.app, request)) ?? session?.remoteAddress ?? 'a client';
  };

  /**
   * @param options - with a `cors` that {@link guardCors} has made
   * @param peers - makes the way to the other workers, if there may be some
   */
  constructor(
    private readonly app: EggApplication,
    options: SocketIOConfig,
    private readonly limits: Limits,
    private readonly refusals: Refusals,
    peers?: (channel: string) => PeerPort,
  ) {
    const { connectionsPerAddress: most } = limits;
    this.addresses = most < Infinity ? new AddressLimit(app, most, refusals, peers?.('addresses')) : undefined;
    const allowRequest = this.addresses?.guard(options.allowRequest) ?? options.allowRequest;
    this.allowRequest = createOriginPolicy(app, { ...options, allowRequest }, refusals);
    this.decoders = new DecoderLimits(options.parser as Parser | undefined, limits, refusals, this.describe);
  }

  /** To be Socket.IO's `parser`; `undefined` for its own. */
  get parser(): object | undefined {
    return this.decoders.parser;
  }

  /** To be called when Socket.IO has just been attached. */
  attach(engine: Engine): void {
    this.decoders.attach(engine);
    limitBacklog(engine, this.limits.bufferedBytes, this.refusals, this.describe);
    this.addresses?.attach(engine);
  }

  close(): void {
    this.addresses?.close();
  }
}
