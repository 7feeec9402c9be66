/** What is behind `ctx.service` in Egg: a getter for each service and directory, which makes it when it is first asked for. */
interface Services {
  _ctx: object;
  _cache: Map<string, unknown>;
}

function isServices(made: unknown, ctx: object): made is Services {
  const { _ctx, _cache, ...others } = Object.getOwnPropertyDescriptors(made as Partial<Services>);
  return _ctx?.value === ctx && _cache?.value instanceof Map && Object.values(others).every(({ get }) => get);
}

/**
 * Makes what makes `ctx.service`. Egg defines a getter for each of the app's services on each new context; these contexts
 * inherit the getters instead, from one object that Egg has made.
 *
 * @param context - `app.context`
 * @return `undefined` if a later Egg makes it in another way, and has to go on making it
 */
export function servicesFactory(context: object): ((ctx: object) => object) | undefined {
  const trial = Object.create(context) as object;
  const template: unknown = Reflect.get(context, 'service', trial);
  if (typeof template !== 'object' || template === null || !isServices(template, trial)) return undefined;
  return ctx => {
    const services = Object.create(template) as Services;
    services._ctx = ctx;
    services._cache = new Map();
    return services;
  };
}
