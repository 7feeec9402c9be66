'use strict';

/**
 * What TypeScript makes of decorators, for classes of JavaScript.
 *
 * @param {Function} target - the class
 * @param {object} how - decorators: of the `class`, of `members` (their names: a list each), of `parameters` of methods
 * (their names: a list each, by position), and the `types` of the constructor's parameters
 */
module.exports = function decorate(target, { class: ofClass = [], members = {}, parameters = {}, types }) {
  for (const [ name, list ] of Object.entries(parameters)) list.forEach((decorator, i) => decorator(target.prototype, name, i));
  for (const [ name, list ] of Object.entries(members)) {
    const descriptor = Object.getOwnPropertyDescriptor(target.prototype, name);
    for (const decorator of list) decorator(target.prototype, name, descriptor);
  }
  if (types) Reflect.defineMetadata('design:paramtypes', types, target);
  for (const decorator of ofClass) decorator(target);
};
