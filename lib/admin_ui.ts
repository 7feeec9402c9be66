import os from 'node:os';
import { isMainThread, threadId } from 'node:worker_threads';
import type { instrument as Instrument } from '@socket.io/admin-ui';
import { startupError } from './errors';
import type { Application } from './types';

/**
 * `config.socketio.adminUI`: what `instrument()` of `@socket.io/admin-ui` takes. `auth` has to be there; `false` leaves it to the app's
 * own connection middleware and guards who may come in.
 *
 * @see docs/observability.md#admin-ui
 */
export interface AdminUIOptions {
  /** Who may come in: a user name, and a password as a bcrypt hash; `false` for everybody. */
  auth: { type: 'basic'; username: string; password: string } | false;
  /** @default '/admin' */
  namespaceName?: string;
  /** Whether nothing can be changed from there. @default false */
  readonly?: boolean;
  /** Must be different in each worker. Default: host, process and thread */
  serverId?: string;
  /** `development` shows each socket, room and event, and costs accordingly. Default: `NODE_ENV` */
  mode?: 'development' | 'production';
}

/** The name of the namespace in which the admin UI is. */
export function adminNamespace({ namespaceName = '/admin' }: AdminUIOptions): string {
  return namespaceName.startsWith('/') ? namespaceName : `/${namespaceName}`;
}

/**
 * Lets the admin UI of the Socket.IO project in.
 *
 * @throws {SocketIOError} `INVALID_CONFIG` without the package
 */
export function instrumentServer(io: Application, options: AdminUIOptions): void {
  let instrument: typeof Instrument;
  try {
    ({ instrument } = require('@socket.io/admin-ui') as { instrument: typeof Instrument });
  } catch (cause) {
    throw startupError('INVALID_CONFIG', "config.socketio.adminUI needs @socket.io/admin-ui: run 'npm install @socket.io/admin-ui', or remove the option.", cause);
  }
  const thread = isMainThread ? '' : `.${threadId}`;
  instrument(io as never, { serverId: `${os.hostname()}#${process.pid}${thread}`, ...options, namespaceName: adminNamespace(options) });
}
