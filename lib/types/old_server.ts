/**
 * The members that the plugin `egg-socketio/egg-socket.io` adds to `app.io`. Empty, unless an app imports the types of that plugin.
 *
 * @see docs/migrating-from-egg-socket.io.md#with-the-plugin
 */

export interface OldServer {}
