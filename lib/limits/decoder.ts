import { EventEmitter } from 'node:events';
import type { Socket as EngineSocket } from 'engine.io';
import { tellClosing } from './closings';
import { terminate } from '../internals/terminate';
import type { HandOver } from './engine_listeners';
import type { Limits } from './limits';
import { nestingOf } from './nesting';
import { type DecodedPacket, isPassage, type PacketGate } from './packet_gate';
import type { Refusals } from './refusals';

/** The packet type of an event. */
const EVENT = 2;

/** The interface of a decoder in Socket.IO: https://socket.io/docs/v4/custom-parser/ */
interface Decoder {
  on(event: string, listener: (packet: DecodedPacket) => void): unknown;
  add(chunk: unknown): void;
  destroy(): void;
}

/** `socket.io-parser`, or the app's option `parser`. */
export interface Parser {
  Encoder: new () => { encode(packet: object): unknown[] };
  Decoder: new (...options: unknown[]) => Decoder;
}

/** Checks decoded packets. */
type Gate = Pick<PacketGate, 'excessOf' | 'pass'>;

/** Properties of a parser's packets, derived from how it encodes events. */
interface Shape {
  /** Brackets around the arguments of an event; `undefined` if the text does not show nesting. */
  readonly around: number | undefined;
  /** Whether binary values follow their packet in messages of their own. */
  readonly hasAttachments: boolean;
}

function shapeOf({ Encoder }: Parser): Shape {
  try {
    const encoder = new Encoder();
    const encode = (nsp: string, arg: unknown) => encoder.encode({ type: EVENT, nsp, data: [ 'e', arg ] });
    const nesting = (nsp: string, arg: unknown) => {
      const [ text, ...rest ] = encode(nsp, arg);
      return typeof text === 'string' && rest.length === 0 ? nestingOf(text) : NaN;
    };
    const flat = nesting('/', 0);
    const isSeen = nesting('/', [{}]) === flat + 2 && nesting('/"[', '[{\\"[') === flat;
    return { around: isSeen ? flat - 1 : undefined, hasAttachments: encode('/', Buffer.alloc(1)).length > 1 };
  } catch {
    return { around: undefined, hasAttachments: false };
  }
}

/** A session without a client, to see what Socket.IO does with one. */
function makeTrialSession(): EngineSocket {
  const trial = Object.assign(new EventEmitter(), { id: 'trial', protocol: 4, readyState: 'closed', close: () => undefined });
  return trial as unknown as EngineSocket;
}

/** The reasons for closing a connection because of a packet. */
const EXCESS = {
  depth: 'a packet that is nested too deeply',
  arguments: 'an event or an ack with too many arguments',
  nameLength: 'a packet with too long a name',
};

/**
 * Limits what a client can make Socket.IO's decoder do and keep: how deeply a packet is nested, and how long it may wait for its
 * attachments (socket.io-parser accepts ten, each of at most `maxHttpBufferSize`). Decoded packets pass a {@link PacketGate}.
 *
 * A decoder does not know its owner, but Socket.IO creates it while it gets a session. If a later version creates it at another time, a
 * deep packet is still rejected; late attachments are dropped, and the connection is closed when its client sends more.
 */
export class DecoderLimits {
  /** Becomes Socket.IO's `parser`. */
  readonly parser: Parser;
  /** The session that Socket.IO is getting, until its decoder is created. */
  private session: EngineSocket | undefined;
  private isLinked = true;

  /**
   * @param parser - `socket.io-parser`, or the app's own
   * @param describe - describes the owner of a session for the log
   */
  constructor(
    parser: Parser,
    private readonly limits: Pick<Limits, 'depth' | 'attachmentTimeout'>,
    private readonly refusals: Refusals,
    private readonly describe: (session: EngineSocket | undefined) => string,
    private readonly gate: Gate,
  ) {
    this.parser = this.limit(parser);
  }

  /** Gives each decoder its session. Socket.IO must have been created with {@link parser}. */
  around(handOver: HandOver): HandOver {
    this.isLinked = this.makesDecoder(handOver, makeTrialSession());
    return session => {
      this.session = session;
      try {
        handOver(session);
      } finally {
        this.session = undefined;
      }
    };
  }

  private makesDecoder(handOver: HandOver, trial: EngineSocket): boolean {
    this.session = trial;
    try {
      handOver(trial);
      return this.session === undefined;
    } catch {
      return false;
    } finally {
      this.session = undefined;
      trial.emit('close', 'forced close');
    }
  }

  /** The owner of a decoder that is being created; `false` for one that does not decode a client's data. */
  private claim(): EngineSocket | undefined | false {
    const { session } = this;
    this.session = undefined;
    return session ?? (this.isLinked ? false : undefined);
  }

  private refuse(kind: keyof typeof EXCESS | 'attachmentTimeout', session: EngineSocket | undefined, say: (whose: string) => string): void {
    this.refusals.add(kind, () => say(this.describe(session)));
  }

  private limit(parser: Parser): Parser {
    const { around, hasAttachments } = shapeOf(parser);
    const depth = around === undefined ? Infinity : this.limits.depth + around;
    const timeout = hasAttachments ? this.limits.attachmentTimeout : Infinity;
    const { gate } = this;
    const claim = () => this.claim();
    const tellBroken = (session: EngineSocket | undefined) => tellClosing(this.refusals, 'parseError', this.describe, session);
    const refuse: DecoderLimits['refuse'] = (kind, session, say) => this.refuse(kind, session, say);

    class LimitedDecoder extends parser.Decoder {
      /** Whether the last chunk has not completed a packet. */
      private waits = false;
      /** The last chunk, while it is being checked. */
      private chunk: unknown;
      private readonly session = claim();
      private timer: NodeJS.Timeout | undefined;
      private isOver = false;

      override on(event: string, listener: (packet: DecodedPacket) => void): unknown {
        if (event !== 'decoded' || this.session === false) return super.on(event, listener);
        // It is never removed: a destroyed decoder accepts nothing.
        return super.on(event, packet => this.takePacket(packet, listener));
      }

      override add(chunk: unknown): void {
        const { session } = this;
        if (this.isOver) {
          this.stop();
          return;
        }
        // Each level takes two characters.
        if (typeof chunk === 'string' && chunk.length > 2 * depth && session !== false && nestingOf(chunk, depth) > depth) {
          this.refuse('depth');
          return;
        }
        this.waits = true;
        this.chunk = chunk;
        try {
          super.add(chunk);
        } catch (error) {
          if (session !== false) tellBroken(session);
          throw error;
        } finally {
          this.chunk = undefined;
        }
        if (timeout < Infinity && session !== false) this.watch();
      }

      override destroy(): void {
        this.isOver = true;
        clearTimeout(this.timer);
        super.destroy();
      }

      private watch(): void {
        if (!this.waits) {
          clearTimeout(this.timer);
          this.timer = undefined;
        } else {
          this.timer ??= setTimeout(() => this.giveUp(), timeout).unref();
        }
      }

      private takePacket(packet: DecodedPacket, listener: (packet: DecodedPacket) => void): void {
        this.waits = false;
        if (this.isOver) return;
        const excess = gate.excessOf(packet);
        if (excess) this.refuse(excess);
        else if (this.session && isPassage(packet)) gate.pass(this.session, packet, this.chunk, () => listener.call(this, packet));
        else listener.call(this, packet);
      }

      private giveUp(): void {
        const { session } = this;
        refuse('attachmentTimeout', session || undefined, whose => (
          `closed the connection of ${whose}: attachments of a binary packet did not arrive in time (config.socketio.limits.attachmentTimeout).`
        ));
        this.destroy();
        if (session) terminate(session);
      }

      private refuse(limit: keyof typeof EXCESS): void {
        const { session } = this;
        refuse(limit, session || undefined, whose => `closed the connection of ${whose}: it sent ${EXCESS[limit]} (config.socketio.limits.${limit}).`);
        this.isOver = true;
        if (session) process.nextTick(terminate, session);
        else this.stop();
      }

      /** Accepts no more data. Socket.IO's reaction to an error is to close the connection as soon as its client has read. */
      private stop(): void {
        if (!this.session) throw new Error('the client may not send more');
      }
    }

    return { ...parser, Encoder: parser.Encoder, Decoder: LimitedDecoder };
  }
}
