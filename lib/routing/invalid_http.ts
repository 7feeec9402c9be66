import type { Application } from 'egg';

/**
 * Has Egg say that it closes the connection behind its answer to what is no HTTP. It does not by itself, so that a proxy may send the
 * next request on it, of another client, which then gets 502 and loses its session. An app's own `config.onClientError` stays.
 */
export function closeAfterInvalidHttp({ config }: Application): void {
  // Its types want a status and a body as well; Egg has its own for those that are left out.
  const answer = () => ({ headers: { Connection: 'close' } });
  config.onClientError ??= answer as unknown as typeof config.onClientError;
}
