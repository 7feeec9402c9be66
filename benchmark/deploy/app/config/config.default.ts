export default () => ({
  keys: 'benchmark',
  cluster: { listen: { hostname: '127.0.0.1' } },
  logger: { consoleLevel: 'NONE' },
  socketio: { connectionStateRecovery: true },
});
