'use strict';

module.exports = () => ({
  keys: 'benchmark',
  logger: { consoleLevel: 'NONE' },
  io: {
    namespace: {
      '/': {
        connectionMiddleware: process.env.VARIANT === 'broadcast' ? [ 'join' ] : [],
        packetMiddleware: process.env.VARIANT === 'middleware' ? [ 'one', 'two' ] : [],
      },
    },
  },
});
