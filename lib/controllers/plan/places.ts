import { shownFile } from '../../base/paths';
import { isPlain } from '../decorator/metadata';
import type { LoadedController } from './types';

type ControllerOption = 'namespace' | 'guards' | 'interceptors' | 'connectionMiddleware' | 'middleware' | 'outgoing' | 'filters';
type HandlerOption = 'args' | 'returns' | 'middleware' | 'filters' | 'stream' | 'once';

/** The places of one controller's parts, for messages: always a file, then what is written there. */
export interface Places {
  /** The class, or the whole file in the plain form. */
  readonly controller: string;
  option(name: ControllerOption): string;
  handler(method: string | symbol): string;
  guardsOf(method: string | symbol): string;
  interceptorsOf(method: string | symbol): string;
  rateOf(method: string | symbol): string;
  /** The event of a message. */
  event(method: string | symbol, event: unknown): string;
  optionOf(method: string | symbol, event: string | RegExp, name: HandlerOption): string;
  emit(method: string | symbol, kind: 'emit' | 'broadcast', event: unknown): string;
  /** The replacement of an event that Socket.IO keeps for itself. */
  hookFor(event: string): string | undefined;
}

const HOOKS: Readonly<Record<string, string>> = { connect: 'OnWSConnection', disconnect: 'OnWSDisconnection', disconnecting: 'OnWSDisconnecting' };

/** Options with a decorator of their own. */
const DECORATORS: Readonly<Partial<Record<ControllerOption, string>>> = {
  namespace: '@WSController()', guards: '@UseGuard()', interceptors: '@UseInterceptor()',
};

function showEvent(event: unknown): string {
  if (event instanceof RegExp) return String(event);
  return typeof event === 'string' ? `'${event}'` : '';
}

/** `app/socket/chat.ts: ChatController.join: @OnWSMessage('join')`. */
function placesInClass(controller: string): Places {
  const handler = (method: string | symbol) => `${controller}.${String(method)}`;
  return {
    controller,
    handler,
    option: name => `${controller}: ${DECORATORS[name] ?? `@WSController(): ${name}`}`,
    guardsOf: method => `${handler(method)}: ${DECORATORS.guards}`,
    interceptorsOf: method => `${handler(method)}: ${DECORATORS.interceptors}`,
    rateOf: method => `${handler(method)}: @RateLimit()`,
    event: (method, event) => `${handler(method)}: @OnWSMessage(${showEvent(event)})`,
    optionOf: (method, event, name) => `${handler(method)}: @OnWSMessage(${showEvent(event)}): ${name}`,
    emit: (method, kind, event) => `${handler(method)}: ${kind === 'emit' ? '@WSEmit' : '@WSBroadCast'}(${showEvent(event)})`,
    hookFor: event => HOOKS[event] && `@${HOOKS[event]}()`,
  };
}

/** `app/socket/chat.js: messages.join: args`. */
function placesInDefinition(file: string): Places {
  const handler = (method: string | symbol) => `${file}: ${String(method)}`;
  return {
    controller: file,
    handler,
    option: name => `${file}: ${name}`,
    guardsOf: method => `${handler(method)}: guards`,
    interceptorsOf: method => `${handler(method)}: interceptors`,
    rateOf: method => `${handler(method)}: rateLimit`,
    event: method => handler(method),
    optionOf: (method, _event, name) => `${handler(method)}: ${name}`,
    emit: (method, kind, event) => `${handler(method)}: ${kind} ${showEvent(event)}`.trimEnd(),
    hookFor: event => HOOKS[event]?.replace('OnWS', 'on'),
  };
}

/** Returns the places of a controller, by the names that its author has written. */
export function placesOf({ controller, file }: LoadedController, baseDir: string): Places {
  const shown = shownFile(baseDir, file);
  return isPlain(controller) ? placesInDefinition(shown) : placesInClass(`${shown}: ${controller.name}`);
}
