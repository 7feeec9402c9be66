import type { Application as EggApplication } from 'egg';
import { frameworkOf } from '../../lib/boot/framework';
import type { Application } from '../../lib/types/application';

export default {
  get io(): Application {
    return frameworkOf(this as unknown as EggApplication).io;
  },
};
