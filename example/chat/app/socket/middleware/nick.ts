import { type Context, SocketIOError } from 'egg-socketio';
import { checkNick, checkRoom } from '../../lib/rules';

/**
 * Nobody comes in without a nickname of their own. A throw refuses the connection, and the page finds code and
 * message in `connect_error`.
 */
export default async function nick(ctx: Context<'/chat'>, next: () => Promise<unknown>): Promise<void> {
  const { auth } = ctx.handshake;
  const name = checkNick(auth.nick);
  const tab = typeof auth.tab === 'string' ? auth.tab : '';

  // Two clients that connect at the same moment may both find the name free; in a real app, accounts prevent that.
  const namesake = await ctx.service.people.find(name);
  if (namesake) {
    if (tab === '' || namesake.data.tab !== tab) {
      throw new SocketIOError('NICK_TAKEN', `“${namesake.data.nick}” is already here. Choose another nickname.`);
    }
    // The same tab has reconnected before the server noticed that its old connection is dead.
    namesake.disconnect(true);
  }

  Object.assign(ctx.data, { nick: name, tab, room: checkRoom(auth.room ?? ctx.app.config.chat.rooms[0]) });
  await next();
}
