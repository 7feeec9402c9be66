'use strict';

const { VARIANT = 'plain', HANDLERS = '1' } = process.env;
/** A controller's `service` is Egg's. */
const METHODS = { plain: 'plain', service: 'withService', middleware: 'withService', validated: 'validated' };

module.exports = app => {
  const { main } = app.io.controller;
  if (VARIANT === 'broadcast') app.io.route('say', main.say);
  else app.io.route('echo', main[METHODS[VARIANT]]);
  for (let i = 1; i < Number(HANDLERS); i++) app.io.route(`event${i}`, main.plain);
};
