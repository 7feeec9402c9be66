'use strict';

// What each server tells the driver: its port, and on request the CPU time it has used.
module.exports = function report(server) {
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send({ micros: user + system });
  });
  process.on('disconnect', () => process.exit());
};
