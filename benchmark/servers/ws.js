'use strict';

// The floor: bare `ws` that answers as Socket.IO does, and does nothing else. There is no polling, and no check of anything.
const { createServer } = require('node:http');
const { Sender, WebSocketServer } = require('ws');
const { TEXT } = require('./settings');

const OPEN = `0${JSON.stringify({ sid: 'x', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1_000_000 })}`;
const SAID = Buffer.from(`42${JSON.stringify([ 'said', TEXT ])}`);

/** Writes one frame to all, as it is. */
function broadcast(clients) {
  const frame = Buffer.concat(Sender.frame(SAID, { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false }));
  for (const client of clients) client._socket.write(frame);
}

const server = createServer();
const wss = new WebSocketServer({ server, perMessageDeflate: false });
wss.on('connection', socket => {
  socket.send(OPEN);
  socket.on('message', data => {
    const text = data.toString();
    if (text === '40') return socket.send('40{"sid":"x"}');
    const bracket = text.indexOf('[');
    if (bracket < 0) return;
    const [ event, message ] = JSON.parse(text.slice(bracket));
    if (event === 'say') return broadcast(wss.clients);
    socket.send(`43${text.slice(2, bracket)}${JSON.stringify([ message ])}`);
  });
});
require('./report')(server);
