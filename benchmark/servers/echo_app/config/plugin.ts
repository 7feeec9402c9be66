import path from 'node:path';

export default {
  socketio: { enable: true, path: path.join(__dirname, '../../../..') },
};
