const { RECOVERY, TAKE_OVER_WINDOW } = process.env;

export default () => ({
  keys: 'benchmark',
  cluster: { listen: { hostname: '127.0.0.1' } },
  logger: { consoleLevel: 'NONE' },
  socketio: {
    ...(TAKE_OVER_WINDOW && { takeOverWindow: Number(TAKE_OVER_WINDOW) }),
    ...(RECOVERY && { connectionStateRecovery: JSON.parse(RECOVERY) as object }),
  },
});
