const CTX = Symbol('Services#ctx');

type Constructor = new (ctx: object) => object;

/** The object from which Egg makes `ctx.service`: it has a getter for each service, which creates the service on first use. */
type Loader = new (options: { ctx: object; properties: Record<string, unknown> }) => Record<string, object>;

function loaderOf(context: object, classes: object): Loader | undefined {
  const services: unknown = Reflect.get(context, 'service', Object.create(context));
  if (typeof services !== 'object' || services === null) return undefined;
  const { constructor: Loader } = services as { constructor: Loader };
  const names = Object.entries(Object.getOwnPropertyDescriptors(services)).filter(([ , { get }]) => get).map(([ name ]) => name);
  if (String(names) !== String(Object.keys(classes))) return undefined;
  try {
    return new Loader({ ctx: {}, properties: { trial: 'as it is' } }).trial as unknown === 'as it is' ? Loader : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns a factory for `ctx.service`. Egg defines a getter for each of the app's services on each new context, and checks each time
 * whether a service is a class; these contexts have the getters on a prototype, and check once.
 *
 * @param app - its `serviceClasses` are classes and objects by name, those of a folder in an object of their own
 * @return `undefined` if a later Egg version works differently, and has to create it itself
 */
export function servicesFactory(app: { context: object }): (new (ctx: object) => object) | undefined {
  const { serviceClasses: classes } = app as { serviceClasses?: Record<string, unknown> };
  const Loader = classes && loaderOf(app.context, classes);
  if (!Loader) return undefined;

  class Services {
    // By symbols, because services may have any name.
    [slot: symbol]: object | undefined;

    constructor(ctx: object) {
      this[CTX] = ctx;
    }
  }

  for (const name of Object.keys(classes)) {
    const slot = Symbol(name);
    let known: unknown;
    const make = (ctx: object): object => {
      // Tests may replace it.
      const service = classes[name];
      if (service === known) return new (service as Constructor)(ctx);
      const made = new Loader({ ctx, properties: { [name]: service } })[name];
      if (typeof service === 'function' && made instanceof service) known = service;
      return made;
    };
    Object.defineProperty(Services.prototype, name, {
      get(this: Services) { return this[slot] ??= make(this[CTX]!); },
    });
  }
  return Services;
}
