'use strict';

module.exports = () => async (ctx, next) => {
  ctx.socket.join('all');
  await next();
};
