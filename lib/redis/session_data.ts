import type { Adapter } from 'socket.io-adapter';
import type { Namespace } from '../internals/socket_io';
import type { SocketDataCopier } from '../adapter/recovery/socket_data';
import { plainCopy } from '../base/plain_copy';
import { MAX_DATA_BYTES } from '../adapter/recovery/store';

/**
 * Keeps a session from being stored if its data is too large or cannot be copied: its client gets a new one when it reconnects. The
 * adapter would write any number of bytes to Redis, and throw from the end of the connection, which ends the worker.
 */
export function limitData(adapter: Adapter, carrier: SocketDataCopier): void {
  const { name, server } = adapter.nsp as unknown as Namespace;
  const { maxDataBytes = MAX_DATA_BYTES } = server.opts.connectionStateRecovery ?? {};
  const persistSession = adapter.persistSession.bind(adapter);
  adapter.persistSession = session => {
    const cargo = { nsp: name, ...session };
    if (carrier.weigh(cargo, maxDataBytes) === undefined) return;
    try {
      persistSession({ ...session, data: plainCopy(session.data) });
    } catch {
      carrier.refuse(cargo);
    }
  };
}
