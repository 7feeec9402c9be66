'use strict';

// Nothing: `import 'egg-socketio/egg-socket.io'` brings the types of index.d.ts.
