import { MessageType } from 'socket.io-adapter';
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
        counts.set(answer.uid, { wanted: answer.data.clientCount, got: 0 });
        return answer.data.clientCount === 0;
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

/** Forgets after a time which of this worker's clients have not acked; in the worker that asked, Socket.IO does that itself. */
export function forgetAcks({ sockets }: Namespace, id: number, timeout: number | undefined): NodeJS.Timeout {
  return setTimeout(() => {
    for (const socket of sockets.values()) socket.acks.delete(id);
  }, timeout).unref();
}
