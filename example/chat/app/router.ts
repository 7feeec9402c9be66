import type { Application } from 'egg';

export default ({ router, controller }: Application): void => {
  router.get('/', controller.home.page);
  router.get('/egg-socketio/client.js', controller.home.client);
  router.post('/announce', controller.home.announce);
};
