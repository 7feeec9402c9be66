import { isThenable } from '../../base/thenable';
import type { Middleware } from '../../types/handlers';
import { type ArgsCheck, compileArgs } from './args';
import type { EggValidator } from './egg_rules';
import type { ArgSchemas } from '../../types/standard_schema';

const WHERE = 'validateArgs()';
const ANY_VALIDATOR: EggValidator = { validate: () => undefined };

/**
 * Returns a middleware that checks the arguments of every event that it runs for: the common arguments of all events of an app or of a
 * controller. Use `@OnWSMessage(event, { args })` for those of a single event.
 *
 * @param args - as in {@link MessageOptions}; further arguments are left as they are
 * @throws {SocketIOError} `INVALID_SCHEMA`
 * @see docs/validation.md
 */
export function validateArgs(args: ArgSchemas): Middleware {
  compileArgs(args, ANY_VALIDATOR, WHERE);
  let check: ArgsCheck | undefined;
  return async (ctx, next) => {
    check ??= compileArgs(args, (ctx.app as { validator?: EggValidator }).validator, WHERE, true);
    const checked = check(ctx.args);
    ctx.args = isThenable(checked) ? await checked : checked;
    return next();
  };
}
