import type { Application } from 'egg';

export default ({ router, controller }: Application): void => {
  router.get('/', controller.home.page);
  router.post('/announce', controller.home.announce);
};
