import type { Check, ValidationIssue } from './check';
import type { EggRule } from '../../types/standard_schema';

/** `app.validator` of egg-validate: https://github.com/node-modules/parameter */
export interface EggValidator {
  /** May change what it looks at: it converts, trims and sets defaults. */
  validate(rules: object, data: object): readonly { field?: string; message: string }[] | undefined;
}

/** `value.tags[0]` is a field of its own kind in the messages of egg-validate. */
function toPath(field = ''): ValidationIssue['path'] {
  return [ ...field.matchAll(/\[(\d+)\]|[^.[\]]+/g) ].slice(1).map(([ name, index ]) => (index === undefined ? name : Number(index)));
}

/** Makes a check of one of Egg's rules: the rule of a value, or the rules of an object's properties. */
export function compileEggRule(rule: EggRule, validator: EggValidator): Check {
  return value => {
    const holder = { value };
    // egg-validate writes into the rules that it is given.
    const rules = { value: typeof rule === 'string' ? rule : { type: 'object', rule } };
    const errors = validator.validate(rules, holder);
    return errors ? { issues: errors.map(({ field, message }) => ({ path: toPath(field), message })) } : holder;
  };
}
