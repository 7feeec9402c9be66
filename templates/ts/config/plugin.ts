import type { EggPlugin } from 'egg';

const plugin: EggPlugin = {
  socketio: { enable: true, package: 'egg-socketio' },
};

export default plugin;
