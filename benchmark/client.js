'use strict';

// The load: speaks the protocol over bare WebSockets, so that the client is not what is measured.
const { once } = require('node:events');
const WebSocket = require('ws');

const PAYLOAD = JSON.stringify({ text: 'x'.repeat(79) });
let sockets = [];

async function connect({ port, connections }) {
  sockets = await Promise.all(Array.from({ length: connections }, async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
    await once(socket, 'message');
    socket.send('40');
    await once(socket, 'message');
    return socket;
  }));
}

function run({ messages, inflight }) {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let answered = 0;
    const send = socket => {
      if (sent < messages) socket.send(`42${sent++}["echo",${PAYLOAD}]`);
    };
    for (const socket of sockets) {
      socket.on('message', data => {
        if (data[0] === 0x32) return socket.send('3');
        if (data[0] !== 0x34 || data[1] !== 0x33) return reject(new Error(`unexpected packet ${data}`));
        if (++answered === messages) return resolve();
        send(socket);
      });
      socket.on('close', () => reject(new Error('the server closed a connection')));
    }
    for (let i = 0; i < inflight; i++) sockets.forEach(send);
  });
}

async function disconnect() {
  await Promise.all(sockets.map(socket => {
    socket.removeAllListeners();
    const closed = once(socket, 'close');
    socket.close();
    return closed;
  }));
}

const STEPS = { connect, run, disconnect };
process.on('message', async job => {
  await STEPS[job.step](job);
  process.send('done');
});
