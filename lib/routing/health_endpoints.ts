import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Health, HealthOptions } from '../types/health';

/** Returns both paths: an option that is not set has its default. */
export function healthPathsOf({ live = '/livez', ready = '/readyz' }: HealthOptions): Required<HealthOptions> {
  return { live, ready };
}

/** Answers a request for one of the endpoints; false for all other requests. */
export type AnswerHealth = (req: IncomingMessage, res: ServerResponse) => boolean;

/**
 * Creates the endpoints that balancers and orchestrators ask about this worker. They come before the app, whose middleware may want a
 * login.
 */
export function createHealthEndpoints(options: HealthOptions, report: () => Health): AnswerHealth {
  const { live, ready } = healthPathsOf(options);
  return ({ method, url = '' }, res) => {
    const [ path ] = url.split('?', 1);
    if ((path !== live && path !== ready) || (method !== 'GET' && method !== 'HEAD')) return false;
    const health = report();
    const body = JSON.stringify(health);
    res.writeHead(path === live || health.ready ? 200 : 503, {
      'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), 'Cache-Control': 'no-store',
      // A balancer's next request on this connection would come to this worker again, also when it is about to stop.
      Connection: 'close',
    });
    res.end(method === 'HEAD' ? undefined : body);
    return true;
  };
}
