'use strict';

// Signs cookies. These keys were made at random for this app; whoever knows them can forge its cookies, so in
// production better take them from the environment.
exports.keys = '{{keys}}';

// All options: node_modules/egg-socketio/docs/options.md
exports.socketio = {
  // Nobody types 16 KB in one go; whoever sends more is cut off.
  maxHttpBufferSize: 16 * 1024,
  // Pages of other sites that may connect; without it, only those of this app.
  // cors: { origin: [ 'https://www.example.com' ] },
};
