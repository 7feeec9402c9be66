export default () => ({
  keys: 'benchmark',
  logger: { consoleLevel: 'NONE' },
  socketio: { takeOverWindow: Number(process.env.TAKE_OVER_WINDOW ?? 300) },
});
