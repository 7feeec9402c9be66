import type { Check, ValidationIssue } from './check';
import type { EggRule } from '../../types/standard_schema';

/** `app.validator` of egg-validate: https://github.com/node-modules/parameter */
export interface EggValidator {
  /** May change the object that it checks: it converts, trims and sets defaults. */
  validate(rules: object, data: object): readonly { field?: string; message: string }[] | undefined;
}

/** egg-validate's messages use `value.tags[0]` as the name of a field. */
function toPath(field = ''): ValidationIssue['path'] {
  return [ ...field.matchAll(/\[(\d+)\]|[^.[\]]+/g) ].slice(1).map(([ name, index ]) => (index === undefined ? name : Number(index)));
}

/** Returns a check for one of Egg's rules: the rule of a value, or the rules of an object's properties. */
export function compileEggRule(rule: EggRule, validator: EggValidator): Check {
  return value => {
    const holder = { value };
    // egg-validate writes into the rules that it gets.
    const rules = { value: typeof rule === 'string' ? rule : { type: 'object', rule } };
    const errors = validator.validate(rules, holder);
    return errors ? { issues: errors.map(({ field, message }) => ({ path: toPath(field), message })) } : holder;
  };
}
