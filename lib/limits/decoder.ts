import { EventEmitter } from 'node:events';
import type { Server as Engine, Socket as EngineSocket } from 'engine.io';
import { tellClosing } from './closings';
import { terminate } from '../internals/terminate';
import { type SessionListener, wrapSessionListener } from '../internals/session_listener';
import type { Limits } from './limits';
import { nestingOf } from './nesting';
import { type DecodedPacket, isPassage, type PacketGate } from './packet_gate';
import type { Refusals } from './refusals';

/** The packet type of an event. */
const EVENT = 2;

/** What Socket.IO needs of a decoder: https://socket.io/docs/v4/custom-parser/ */
interface Decoder {
  on(event: string, listener: (packet: DecodedPacket) => void): unknown;
  add(chunk: unknown): void;
  destroy(): void;
}

/** `socket.io-parser`, or what the app has put in its place with the option `parser`. */
export interface Parser {
  Encoder: new () => { encode(packet: object): unknown[] };
  Decoder: new (...options: unknown[]) => Decoder;
}

/** What looks at packets that were decoded. */
type Gate = Pick<PacketGate, 'excessOf' | 'pass'>;

/** What is known of the packets of a parser, from how it writes events. */
interface Shape {
  /** Brackets around the arguments of an event; `undefined` if nesting cannot be seen in the text. */
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

/** A session that nobody is connected by, to see what Socket.IO does with one. */
function makeTrialSession(): EngineSocket {
  const trial = Object.assign(new EventEmitter(), { id: 'trial', protocol: 4, readyState: 'closed', close: () => undefined });
  return trial as unknown as EngineSocket;
}

/** Why a connection is closed because of a packet. */
const EXCESS = {
  depth: 'a packet that is nested too deeply',
  arguments: 'an event or an ack with too many arguments',
  nameLength: 'a packet with too long a name',
};

/**
 * Limits what a client can have Socket.IO's decoder do and keep: how deeply a packet is nested, and how long one may wait for
 * its attachments (of which socket.io-parser takes ten, each of at most `maxHttpBufferSize`). What was decoded goes through a
 * {@link PacketGate}.
 *
 * A decoder is not told whose it is, but Socket.IO makes it while it is given a session. If a later version makes it
 * at another time, a deep packet is refused all the same; attachments that are late are let go, and the connection is closed
 * when its client sends more.
 */
export class DecoderLimits {
  /** To be Socket.IO's `parser`. */
  readonly parser: Parser;
  /** The session that Socket.IO is being given, as long as its decoder is not made. */
  private session: EngineSocket | undefined;
  private isLinked = true;

  /**
   * @param parser - `socket.io-parser`, or the app's own
   * @param describe - says in the log whose a session is
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

  /** Has each decoder know its session. Socket.IO must have been made with {@link parser}. */
  attach(engine: Engine): void {
    wrapSessionListener(engine, listener => {
      this.isLinked = this.makesDecoder(listener, makeTrialSession());
      return session => {
        this.session = session;
        try {
          listener(session);
        } finally {
          this.session = undefined;
        }
      };
    });
  }

  private makesDecoder(listener: SessionListener, trial: EngineSocket): boolean {
    this.session = trial;
    try {
      listener(trial);
      return this.session === undefined;
    } catch {
      return false;
    } finally {
      this.session = undefined;
      trial.emit('close', 'forced close');
    }
  }

  /** Whose a decoder is that is being made; `false` for one that decodes what does not come from a client. */
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
      /** Whether what was added last has not made a packet whole. */
      private waits = false;
      /** What was added last, as long as it is looked at. */
      private chunk: unknown;
      private readonly session = claim();
      private timer: NodeJS.Timeout | undefined;
      private isOver = false;

      override on(event: string, listener: (packet: DecodedPacket) => void): unknown {
        if (event !== 'decoded' || this.session === false) return super.on(event, listener);
        // It is never taken away again: once it is destroyed, a decoder takes nothing.
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

      /** Takes nothing any more. What Socket.IO does with an error is to close the connection as soon as its client has read. */
      private stop(): void {
        if (!this.session) throw new Error('the client may not send more');
      }
    }

    return { ...parser, Encoder: parser.Encoder, Decoder: LimitedDecoder };
  }
}
