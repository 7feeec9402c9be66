import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** The private header in which a worker describes the client of a forwarded request to a sibling. */
export const CLIENT_HEADER = 'x-egg-socketio-client';

/** The facts about a client that its connection shows. */
export interface ClientAddress {
  /** `undefined` if the client uses a Unix-domain socket, or is gone. */
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly encrypted: boolean;
  /** When the client's own server accepted the request, by the clock that all processes of a machine share; microseconds. */
  readonly arrivedAt: number;
}

/** Microseconds, by a clock that all processes of a machine share and that never goes back. */
export function sharedTime(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

const FORMAT = /^([01]) (\d{1,5}|-) (\S{1,64}) (\d{1,16})$/;

/** The value of {@link CLIENT_HEADER} for a request from the client itself. */
export function describeClient(req: IncomingMessage): string {
  const { encrypted, remotePort, remoteAddress } = req.socket as TLSSocket;
  return `${encrypted ? 1 : 0} ${remotePort ?? '-'} ${remoteAddress ?? '-'} ${sharedTime()}`;
}

/** Parses the value of {@link describeClient}; `undefined` for any other. */
export function parseClient(value: string | undefined): ClientAddress | undefined {
  const match = FORMAT.exec(value ?? '');
  if (!match) return undefined;
  const [ , encrypted, port, address, arrivedAt ] = match;
  if (address !== '-' && isIP(address) === 0) return undefined;
  return {
    address: address === '-' ? undefined : address,
    port: port === '-' ? undefined : Number(port),
    encrypted: encrypted === '1',
    arrivedAt: Number(arrivedAt),
  };
}
