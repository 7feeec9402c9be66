export default {
  socketio: { enable: true, package: 'egg-socketio' },
};
