import type { SocketIOTestClient } from '../../../lib/mock/typed';

/** What a client has to show when it comes back. */
export interface Ticket {
  id: string;
  pid: string;
  offset: string;
}

/** What a client would show when it comes back. */
export function ticketOf({ id, socket }: SocketIOTestClient): Ticket {
  const { _pid: pid, _lastOffset: offset } = socket as unknown as { _pid: string; _lastOffset: string };
  return { id: id!, pid, offset };
}
