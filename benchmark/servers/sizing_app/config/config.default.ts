/** `SIZING` has options as JSON. */
export default () => ({
  keys: 'benchmark',
  logger: { consoleLevel: 'NONE', level: 'NONE' },
  socketio: JSON.parse(process.env.SIZING ?? '{}') as object,
});
