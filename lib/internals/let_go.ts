interface Connection {
  readonly transport: object;
  close(discard?: boolean): void;
}

/**
 * Ends the connection of a client that has come back on another one, without waiting for it. All of its sockets lose their connection at
 * once, and can be recovered.
 */
export function letGo(conn: Connection): void {
  (conn.transport as { socket?: { terminate?(): void } }).socket?.terminate?.();
  conn.close(true);
}
