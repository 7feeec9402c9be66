import { MessageType } from 'socket.io-adapter';
import type { Namespace } from '../internals/socket_io';
import type { Answer } from './messages';
import type { Inquirer } from '../cluster/questions';

/**
 * Collects what the clients of other workers ack. Socket.IO waits for one count of each server, and then for as many
 * acks. A worker's count is told when all of its acks are in: if it dies before, it counts as many as have answered.
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

/** Forgets after a time who of this worker's clients has not acked; in the worker that asked, Socket.IO does that itself. */
export function forgetAcks({ sockets }: Namespace, id: number, timeout: number | undefined): NodeJS.Timeout {
  return setTimeout(() => {
    for (const socket of sockets.values()) socket.acks.delete(id);
  }, timeout).unref();
}
