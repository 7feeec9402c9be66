'use strict';

const { registerHooks } = require('node:module');

// From 22.18 on Node.js imports TypeScript by itself, and mocha has it do so: past the compiler of package.json, and without what
// TypeScript adds to JavaScript. If it cannot be imported, mocha requires it.
registerHooks?.({
  load(url, context, next) {
    if (url.endsWith('.ts') && !context.conditions.includes('require')) {
      throw Object.assign(new Error(`the compiler takes no imports: ${url}`), { code: 'ERR_UNKNOWN_FILE_EXTENSION' });
    }
    return next(url, context);
  },
});
