/**
 * `config.socketio.adminUI`: what `instrument()` of `@socket.io/admin-ui` takes, with defaults for production. `auth` has to be there.
 *
 * @see docs/observability.md#admin-ui
 */
export interface AdminUIOptions {
  /**
   * Who may come in: a user name, and a password as a bcrypt hash. `false` leaves that to the app's own connection middleware and
   * guards; without any, everybody may.
   */
  auth: { type: 'basic'; username: string; password: string } | false;
  /** @default '/admin' */
  namespaceName?: string;
  /** Whether nothing can be changed from there. Default: `false` with a password, `true` with `auth: false` */
  readonly?: boolean;
  /** Must be different in each worker. Default: host, process and thread */
  serverId?: string;
  /**
   * `development` shows each socket, room and event, and has each of them sent to whoever looks; `socket.data` becomes a proxy
   * for that.
   * @default 'production'
   */
  mode?: 'development' | 'production';
}
