'use strict';

// Holds the imports of lib/ against scripts/rooms.json, which says of each room what it may import, from the bottom to the top: a
// room may name only what stands above its own line. `npx depcruise lib` shows what breaks the rules; test/docs/rooms.test.ts fails
// on it, and compares the table in docs/architecture.md.

const ROOMS = require('./scripts/rooms.json');

// Only the files of the folder itself: a room in it is a room of its own.
const folder = names => `^lib/(${names.join('|')})/[^/]+$`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'circle',
      comment: 'Two files that need each other cannot be understood, or loaded, one after the other. Move what both need to a file of its own.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { circular: true },
    },
    {
      name: 'no room',
      comment: 'Each file of lib/ is in a room of scripts/rooms.json.',
      severity: 'error',
      from: { path: '^lib/', pathNot: folder(Object.keys(ROOMS)) },
      to: {},
    },
    {
      name: 'outside of lib',
      comment: 'What is in lib/ may not need the entries of the package, the tests or the scripts.',
      severity: 'error',
      from: { path: '^lib/' },
      // Packages may be linked from elsewhere.
      to: { pathNot: '^lib/|(^|/)node_modules/', dependencyTypesNot: [ 'core' ] },
    },
    ...Object.entries(ROOMS).map(([ room, known ]) => ({
      name: `imports of ${room}`,
      comment: `${room} may import ${known.join(', ') || 'no other room'}: see scripts/rooms.json.`,
      severity: 'error',
      from: { path: folder([ room ]) },
      to: { path: '^lib/', pathNot: folder([ room, ...known ]) },
    })),
  ],
  options: {
    // Types count, too: a circle of types is one for the reader.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
