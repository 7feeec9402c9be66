import type { Application as EggApplication } from 'egg';
import { frameworkOf } from '../../lib/framework';
import type { Application } from '../../lib/types';

export default {
  get io(): Application {
    return frameworkOf(this as unknown as EggApplication).io;
  },
};
