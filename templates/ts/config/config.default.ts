import type { EggAppConfig, PowerPartial } from 'egg';
import 'egg-socketio';

export default (): PowerPartial<EggAppConfig> => ({
  // Signs cookies. These keys are random and belong to this app; anybody who has them can forge its cookies, so in
  // production, take them from the environment.
  keys: '{{keys}}',

  // All options: node_modules/egg-socketio/docs/options.md
  socketio: {
    // Nobody types 16 KB at once; a client that sends more is disconnected.
    maxHttpBufferSize: 16 * 1024,
    // Pages of other sites that may connect; without it, only this app's pages may.
    // cors: { origin: [ 'https://www.example.com' ] },
  },
});
