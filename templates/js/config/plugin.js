'use strict';

exports.socketio = { enable: true, package: 'egg-socketio' };
