import { MessageType } from 'socket.io-adapter';
import { startupError } from '../base/errors';
import { plainCopy } from '../base/plain_copy';
import { printable } from '../base/printable';
import { MessageTooLargeError } from '../cluster/frames';
import type { PeerPort } from '../cluster/port';
import { type Answer, type Message, shorten } from './messages/messages';

/** The name of a message that is too large, in the error for its sender. */
function nameOf({ type }: Message): string {
  if (type === MessageType.BROADCAST) return 'the event';
  return type === MessageType.SERVER_SIDE_EMIT ? 'the data of serverSideEmit()' : 'the call';
}

/** A response of the app is a copy, which is the same on every path. */
function toSendable(answer: Answer): Answer {
  if (answer.type !== MessageType.SERVER_SIDE_EMIT_RESPONSE) return answer;
  return { ...answer, data: { ...answer.data, packet: plainCopy(answer.data.packet) as unknown[] } };
}

/** Sends the adapter's messages to the other workers. */
export class PeerMessenger {
  /** @param onError - gets what is to be logged */
  constructor(protected readonly port: PeerPort, protected readonly onError: (error: unknown) => void) {}

  /** The worker's own tag. */
  get tag(): string { return this.port.tag; }

  /** @throws if it cannot be encoded; {@link SocketIOError} `BROADCAST_TOO_LARGE` if it is too large for the others */
  broadcast(message: Message): void {
    try {
      this.port.broadcast(shorten(message));
    } catch (error) {
      if (!(error instanceof MessageTooLargeError)) throw error;
      throw startupError('BROADCAST_TOO_LARGE', `namespace ${printable(message.nsp)}: ${nameOf(message)} cannot be sent to the other workers, and was sent to nobody: ${error.message}.`);
    }
  }

  /** See {@link PeerPort.flush}. */
  flush(): void {
    this.port.flush();
  }

  /** See {@link PeerPort.isBehind}. */
  isBehind(to: string): boolean {
    return this.port.isBehind(to);
  }

  /** See {@link PeerPort.drained}. */
  drained(to: string): Promise<void> | undefined {
    return this.port.drained(to);
  }

  /** Sends to one worker. Throws if the message cannot be encoded. */
  tell(to: string, message: Message): void {
    this.port.send(to, shorten(message));
  }

  /**
   * Answers a worker. If the answer cannot be encoded, that is sent as the answer, so the other does not wait.
   *
   * @return whether it was sent as it is
   */
  answer(to: string, answer: Answer): boolean {
    try {
      this.port.send(to, toSendable(answer));
      return true;
    } catch (error) {
      this.refuse(to, answer.nsp, answer.data.requestId, this.whyNot(error), answer.uid);
      return false;
    }
  }

  /** Describes for the asking worker why there is no answer; an answer that is too large is also logged here, where the cause is. */
  whyNot(error: unknown): string {
    const { message } = error as Error;
    if (!(error instanceof MessageTooLargeError)) {
      return `worker ${this.tag} cannot send its answer: ${message}. Messages between workers must be serialisable`;
    }
    this.onError(startupError('BROADCAST_TOO_LARGE', `this worker cannot answer another one: ${message}.`));
    return `worker ${this.tag} cannot send its answer: ${message}`;
  }

  /** Tells a worker that there will be no answer, and why. */
  refuse(to: string, nsp: string, requestId: string, reason: string, uid = this.tag): void {
    this.port.send(to, { uid, nsp, type: 'failed', data: { requestId, reason: `namespace ${printable(nsp)}: ${reason}` } } satisfies Answer);
  }
}
