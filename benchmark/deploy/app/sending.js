'use strict';

/** Milliseconds between two broadcasts of one of the four workers, and between two messages to each client. */
const [ BROADCAST, OWN ] = [ 1000, 1000 ];

/** Sends numbered broadcasts to all clients, and numbered messages to each client of this worker; gives what ends that. */
exports.startSending = io => {
  let count = 0;
  const timers = [
    setInterval(() => { io.emit('tick', process.pid, ++count); }, BROADCAST),
    setInterval(() => {
      for (const socket of io.of('/').sockets.values()) socket.emit('own', socket.data.own = (socket.data.own ?? 0) + 1);
    }, OWN),
  ];
  const end = () => timers.forEach(timer => clearInterval(timer));
  const finish = () => {
    end();
    io.emit('last', process.pid, count);
  };
  io.on('finish', finish);
  io.of('/').on('connection', socket => {
    socket.on('finish', done => {
      io.serverSideEmit('finish');
      finish();
      done();
    });
  });
  return end;
};
