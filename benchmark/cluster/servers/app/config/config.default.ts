const { TAKE_OVER_WINDOW } = process.env;

export default () => ({
  keys: 'benchmark',
  logger: { consoleLevel: 'NONE' },
  socketio: TAKE_OVER_WINDOW ? { takeOverWindow: Number(TAKE_OVER_WINDOW) } : {},
});
