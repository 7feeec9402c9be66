'use strict';

// From 22.18 on Node.js imports TypeScript by itself, and mocha has it do so: past ts-node, and without what TypeScript adds to
// JavaScript. If it cannot be imported, mocha requires it.
const { registerHooks } = require('node:module');

registerHooks?.({
  load(url, context, next) {
    if (url.endsWith('.ts') && !context.conditions.includes('require')) {
      throw Object.assign(new Error(`ts-node takes no imports: ${url}`), { code: 'ERR_UNKNOWN_FILE_EXTENSION' });
    }
    return next(url, context);
  },
});
