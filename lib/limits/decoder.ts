import { EventEmitter } from 'node:events';
import type { Server as Engine, Socket as EngineSocket } from 'engine.io';
import * as socketIoParser from 'socket.io-parser';
import { cutOff } from './cut_off';
import { type HandOver, wrapHandOver } from '../handshake/hand_over';
import type { Limits } from './limits';
import { nestingOf } from './nesting';
import type { Refusals } from './refusals';

/** The packet type of an event. */
const EVENT = 2;

/** What Socket.IO needs of a decoder: https://socket.io/docs/v4/custom-parser/ */
interface Decoder {
  on(event: 'decoded', listener: (this: Decoder) => void): unknown;
  add(chunk: unknown): void;
  destroy(): void;
}

/** `socket.io-parser`, or what the app has put in its place with the option `parser`. */
export interface Parser {
  Encoder: new () => { encode(packet: object): unknown[] };
  Decoder: new (...options: unknown[]) => Decoder;
}

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

/** Whether a decoder calls its listeners with itself as `this`, so that one can serve all. */
function isThisForListeners({ Decoder, Encoder }: Parser): boolean {
  try {
    const decoder = new Decoder();
    let self: unknown;
    decoder.on('decoded', function() { self = this; });
    for (const chunk of new Encoder().encode({ type: EVENT, nsp: '/', data: [ 'e' ] })) decoder.add(chunk);
    return self === decoder;
  } catch {
    return false;
  }
}

/** A session that nobody is connected by, to see what Socket.IO does with one. */
function makeTrialSession(): EngineSocket {
  const trial = Object.assign(new EventEmitter(), { id: 'trial', protocol: 4, readyState: 'closed', close: () => undefined });
  return trial as unknown as EngineSocket;
}

/**
 * Limits what a client can have Socket.IO's decoder do and keep: how deeply a packet is nested, and how long one may wait for
 * its attachments (of which socket.io-parser takes ten, each of at most `maxHttpBufferSize`).
 *
 * A decoder is not told whose it is, but Socket.IO makes it while it is given a session. If a later version makes it
 * at another time, a deep packet is refused all the same; attachments that are late are let go, and the connection is closed
 * when its client sends more.
 */
export class DecoderLimits {
  /** To be Socket.IO's `parser`; `undefined` for its own, if nothing is limited. */
  readonly parser: Parser | undefined;
  /** The session that Socket.IO is being given, as long as its decoder is not made. */
  private session: EngineSocket | undefined;
  private isLinked = true;

  /**
   * @param parser - the app's own
   * @param describe - says in the log whose a session is
   */
  constructor(
    parser: Parser | undefined,
    private readonly limits: Pick<Limits, 'depth' | 'attachmentTimeout'>,
    private readonly refusals: Refusals,
    private readonly describe: (session: EngineSocket | undefined) => string,
  ) {
    this.parser = this.limit(parser ?? socketIoParser as unknown as Parser) ?? parser;
  }

  /** Has each decoder know its session. Socket.IO must have been made with {@link parser}. */
  attach(engine: Engine): void {
    if (!this.parser) return;
    wrapHandOver(engine, handOver => {
      this.isLinked = this.makesDecoder(handOver, makeTrialSession());
      return session => {
        this.session = session;
        try {
          handOver(session);
        } finally {
          this.session = undefined;
        }
      };
    });
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

  /** Whose a decoder is that is being made; `false` for one that decodes what does not come from a client. */
  private claim(): EngineSocket | undefined | false {
    const { session } = this;
    this.session = undefined;
    return session ?? (this.isLinked ? false : undefined);
  }

  private refuse(kind: 'depth' | 'attachmentTimeout', session: EngineSocket | undefined, say: (whose: string) => string): void {
    this.refusals.add(kind, () => say(this.describe(session)));
  }

  private limit(parser: Parser): Parser | undefined {
    const { around, hasAttachments } = shapeOf(parser);
    const depth = around === undefined ? Infinity : this.limits.depth + around;
    const timeout = hasAttachments ? this.limits.attachmentTimeout : Infinity;
    if (depth === Infinity && timeout === Infinity) return undefined;
    const claim = () => this.claim();
    const refuse: DecoderLimits['refuse'] = (kind, session, say) => this.refuse(kind, session, say);

    const isShared = isThisForListeners(parser);
    function noteWhole(this: Decoder): void {
      (this as LimitedDecoder).waits = false;
    }

    class LimitedDecoder extends parser.Decoder {
      /** Whether what was added last has not made a packet whole. */
      waits = false;
      private readonly session = claim();
      private timer: NodeJS.Timeout | undefined;
      private isOver = false;

      constructor(...options: unknown[]) {
        super(...options);
        if (timeout < Infinity && this.session !== false) this.on('decoded', isShared ? noteWhole : () => noteWhole.call(this));
      }

      override add(chunk: unknown): void {
        if (this.isOver) {
          this.end();
          return;
        }
        const { session } = this;
        // Each level takes two characters.
        if (typeof chunk === 'string' && chunk.length > 2 * depth && session !== false && nestingOf(chunk, depth) > depth) {
          refuse('depth', session, whose => (
            `closed the connection of ${whose}: it sent a packet that is nested too deeply (config.socketio.limits.depth).`
          ));
          this.end();
          return;
        }
        this.waits = true;
        super.add(chunk);
        if (timeout < Infinity && session !== false) this.watch();
      }

      override destroy(): void {
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

      private giveUp(): void {
        const { session } = this;
        refuse('attachmentTimeout', session || undefined, whose => (
          `closed the connection of ${whose}: attachments of a binary packet did not come in time (config.socketio.limits.attachmentTimeout).`
        ));
        this.isOver = true;
        this.destroy();
        if (session) cutOff(session);
      }

      /** Takes nothing any more. What Socket.IO does with an error is to close the connection as soon as its client has read. */
      private end(): void {
        this.isOver = true;
        if (!this.session) throw new Error('the client may not send more');
        process.nextTick(cutOff, this.session);
      }
    }

    return { ...parser, Encoder: parser.Encoder, Decoder: LimitedDecoder };
  }
}
