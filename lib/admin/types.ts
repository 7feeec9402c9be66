/**
 * `config.socketio.adminUI`: the options of `instrument()` of `@socket.io/admin-ui`, with defaults for production. `auth` is required.
 *
 * @see docs/observability.md#admin-ui
 */
export interface AdminUIOptions {
  /**
   * The user name, and the password as a bcrypt hash. `false` leaves access to the app's own connection middleware and guards; without
   * any, everybody has access.
   */
  auth: { type: 'basic'; username: string; password: string } | false;
  /** @default '/admin' */
  namespaceName?: string;
  /** Whether the page can change nothing. Default: `false` with a password, `true` with `auth: false` */
  readonly?: boolean;
  /** Must be different in each worker. Default: host, process and thread */
  serverId?: string;
  /**
   * `development` shows each socket, room and event, and sends each of them to every open page; `socket.data` becomes a proxy for that.
   * @default 'production'
   */
  mode?: 'development' | 'production';
}
