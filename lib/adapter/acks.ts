import { MessageType } from 'socket.io-adapter';
import type { Asked, NamedAck } from '../internals/packet';
import type { Namespace } from '../internals/socket_io';
import type { Answer } from './messages/messages';
import type { Inquirer } from '../cluster/questions';

/**
 * Collects the acks of other workers' clients. Socket.IO waits for one count from each server, and then for that many acks. A worker's
 * count is reported when all of its acks have arrived: if it dies before, it counts the acks that have.
 */
export function collectAcks(
  timeout: number | undefined, tellCount: (clients: number) => void, ack: (value: unknown) => void,
): Inquirer<Answer> {
  const counts = new Map<string, { wanted: number; got: number }>();
  return {
    timeout,
    onAnswer(answer) {
      if (answer.type === MessageType.BROADCAST_CLIENT_COUNT) {
        const wanted = answer.data.clientCount as number;
        counts.set(answer.uid, { wanted, got: 0 });
        return wanted === 0;
      }
      const count = counts.get(answer.uid);
      if (answer.type !== MessageType.BROADCAST_ACK || !count) return true;
      count.got += 1;
      ack(answer.data.packet);
      return count.got === count.wanted;
    },
    onPeerEnd: tag => tellCount(counts.get(tag)?.got ?? 0),
    // Socket.IO has the same time-out, and reports it.
    onEnd: () => undefined,
  };
}

/**
 * Collects the acks of other workers' clients, each with the id of its socket. The clients of a worker that dies have left; those of a
 * worker that cannot pass an ack on have failed.
 */
export function collectNamedAcks(
  timeout: number | undefined, tellAsked: (asked: Asked) => void, tell: (ack: NamedAck) => void,
): Inquirer<Answer> {
  const missing = new Map<string, Set<string>>();
  return {
    timeout,
    onAnswer(answer) {
      if (answer.type === MessageType.BROADCAST_CLIENT_COUNT) {
        const ids = answer.data.clientCount as readonly string[];
        missing.set(answer.uid, new Set(ids));
        tellAsked(ids);
        return ids.length === 0;
      }
      const ids = missing.get(answer.uid);
      if (answer.type !== MessageType.BROADCAST_ACK || !ids) return true;
      const ack = answer.data.packet as unknown as NamedAck;
      ids.delete(ack.id);
      tell(ack);
      return ids.size === 0;
    },
    onPeerEnd(tag, failure) {
      const ids = missing.get(tag);
      missing.delete(tag);
      if (!ids) tellAsked(0);
      for (const id of ids ?? []) tell(failure === undefined ? { id, left: true } : { id, failure });
    },
    // The one who asks has the same time-out.
    onEnd: () => undefined,
  };
}

/** Forgets after a time which of this worker's clients have not acked; in the worker that asked, Socket.IO does that itself. */
export function forgetAcks({ sockets }: Namespace, id: number, timeout: number | undefined): NodeJS.Timeout {
  return setTimeout(() => {
    for (const socket of sockets.values()) socket.acks.delete(id);
  }, timeout).unref();
}
