import type { Application } from 'egg';

/**
 * Makes Egg announce that it closes the connection after its response to invalid HTTP. By default it does not, so a proxy may send
 * another client's next request on it, which then gets 502 and loses its session. An app's own `config.onClientError` is kept.
 */
export function closeAfterInvalidHttp({ config }: Application): void {
  // Its types require a status and a body as well; Egg has defaults for missing ones.
  const answer = () => ({ headers: { Connection: 'close' } });
  config.onClientError ??= answer as unknown as typeof config.onClientError;
}
