import { arrayOf, keyOf, quote, wordOf } from './names';

/** A route of a controller's member. */
interface BoundRoute { event: string; member: string; comments: readonly string[] }

/** The routes and the middleware of a controller in one namespace. */
export interface Binding {
  namespace: string;
  routes: BoundRoute[];
  /** Only of the first controller of a namespace, as it would run once for each. */
  connectionMiddleware: readonly string[];
  middleware: readonly string[];
  /** Those of the namespace in the config. */
  comments: readonly string[];
}

/** The events of a connection's end, and the keys and decorators for them. */
export const ENDINGS: Record<string, { key: string; decorator: string }> = {
  disconnect: { key: 'onDisconnection', decorator: 'OnWSDisconnection' },
  disconnecting: { key: 'onDisconnecting', decorator: 'OnWSDisconnecting' },
};

function entry(key: string, value: string): string {
  return key === value ? `${key},` : `${key}: ${value},`;
}

function commented(comments: readonly string[], indent: string): string[] {
  return comments.flatMap(comment => comment.split('\n').map((line, i) => (i === 0 ? indent + line : `${indent} ${line.trim()}`)));
}

/** The middleware of a binding, as members of an object. */
function middlewareOf({ connectionMiddleware, middleware }: Binding): string[] {
  return [
    ...connectionMiddleware.length > 0 ? [ `connectionMiddleware: ${arrayOf(connectionMiddleware)}` ] : [],
    ...middleware.length > 0 ? [ `middleware: ${arrayOf(middleware)}` ] : [],
  ];
}

/** The arguments of `@WSController()`. */
export function decoratorArguments(binding: Binding): string {
  const options = middlewareOf(binding);
  return quote(binding.namespace) + (options.length > 0 ? `, { ${options.join(', ')} }` : '');
}

function definition(binding: Binding, nameOfMember: (member: string) => string): string {
  const { namespace, routes, comments } = binding;
  const messages = routes.filter(({ event }) => !ENDINGS[event]);
  return [
    'defineSocketController({',
    ...commented(comments, '  '),
    `  namespace: ${quote(namespace)},`,
    ...middlewareOf(binding).map(option => `  ${option},`),
    ...routes.filter(({ event }) => ENDINGS[event]).flatMap(route => [
      ...commented(route.comments, '  '), `  ${entry(ENDINGS[route.event].key, nameOfMember(route.member))}`,
    ]),
    ...messages.length === 0 ? [] : [
      '  messages: {',
      ...messages.flatMap(route => [ ...commented(route.comments, '    '), `    ${entry(keyOf(route.event), nameOfMember(route.member))}` ]),
      '  },',
    ],
    '});',
  ].join('\n');
}

/** A member as it is. */
const same = (member: string) => member;

/**
 * Exports the plain form of controllers.
 *
 * @param bindings - one for each namespace
 * @param isModule - whether the file has `export`
 * @param nameOfMember - the function for a member of the old controller
 */
export function plainExports(bindings: readonly Binding[], isModule: boolean, nameOfMember = same): string {
  const [ first, ...others ] = bindings;
  if (others.length === 0) return `${isModule ? 'export default ' : 'module.exports = '}${definition(first, nameOfMember)}\n`;
  return bindings.map(binding => `${isModule ? 'export const ' : 'exports.'}${wordOf(binding.namespace)} = ${definition(binding, nameOfMember)}\n`).join('\n');
}

/** The import of names from this package. */
export function importLine(names: readonly string[], isModule: boolean): string {
  return isModule ? `import { ${names.join(', ')} } from 'egg-socketio';\n` : `const { ${names.join(', ')} } = require('egg-socketio');\n`;
}
