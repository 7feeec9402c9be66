export default () => ({
  keys: 'benchmark',
  logger: { consoleLevel: 'NONE' },
  socketio: { perMessageDeflate: process.env.COMPRESSED === '1' },
});
