export default {
  // The plugin's share is what an app without it does not have.
  socketio: { enable: process.env.WITHOUT_PLUGIN !== '1', package: 'egg-socketio' },
};
