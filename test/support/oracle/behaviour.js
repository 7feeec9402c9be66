'use strict';

// The app that the oracle starts on both sides: as handlers of plain Socket.IO, and as controllers of the plugin. It is
// plain JavaScript, because the plugin's side loads it as an app's own file.

function nameOf(socket) {
  return socket.handshake.query.name;
}

function roomsOf(socket) {
  return [ ...socket.rooms ].filter(room => room !== socket.id).sort();
}

/** The parts of the first request that an app can see and that do not differ from one run to the next. */
function identityOf(socket, ip) {
  const { query, headers, url, auth, secure, xdomain } = socket.handshake;
  const { EIO, transport, name, visit } = query;
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  // A client that was connected before sends the private id and the last offset that it was given: random ones.
  const { pid, offset, ...own } = auth;
  return {
    query: { EIO, transport, name, visit },
    url: { pathname, transport: searchParams.get('transport'), visit: searchParams.get('visit') },
    headers: { token: headers['x-token'], cookie: headers.cookie, language: headers['accept-language'] },
    auth: { ...own, pid: typeof pid, offset: typeof offset }, secure, xdomain,
    method: socket.request.method, visitor: socket.request.visitor, ip,
  };
}

/**
 * The events: each is given the socket, the client's arguments, and what only one side knows. The value that it returns is the
 * ack's.
 */
const EVENTS = {
  echo: (_socket, [ value ]) => value,
  nothing: () => undefined,
  join: async (socket, [ room ]) => {
    await socket.join(room);
    return roomsOf(socket);
  },
  leave: async (socket, [ room ]) => {
    await socket.leave(room);
    return roomsOf(socket);
  },
  say: (socket, [ room, text ]) => {
    socket.to(room).emit('said', nameOf(socket), text);
    return 'said';
  },
  all: (socket, [ text ]) => {
    socket.nsp.emit('all', nameOf(socket), text);
    return 'told all';
  },
  others: (socket, [ text ]) => {
    socket.broadcast.emit('said', nameOf(socket), text);
    return 'told the others';
  },
  except: (socket, [ room, text ]) => {
    socket.nsp.except(room).emit('said', nameOf(socket), text);
    return 'told who is not there';
  },
  who: async (socket, [ room ]) => (await socket.nsp.in(room).fetchSockets()).map(({ data }) => data.name).sort(),
  ask: async (socket, [ room, question ]) => (await socket.nsp.to(room).timeout(20_000).emitWithAck('question', question)).sort(),
  pull: (socket, [ question ]) => socket.timeout(20_000).emitWithAck('question', question),
  burst: (socket, [ count, text ]) => {
    for (let i = 0; i < count; i++) socket.emit('item', i, text);
    return count;
  },
  fleeting: (socket, [ text ], { prime }) => {
    socket.volatile.emit('fleeting', text);
    prime(socket);
    return 'sent';
  },
  remember: (socket, [ key, value ]) => {
    socket.data[key] = value;
    return Object.keys(socket.data).sort();
  },
  recall: socket => ({ ...socket.data }),
  identity: (socket, _args, { ip }) => identityOf(socket, ip(socket)),
  bytes: (socket, [ buffer ]) => {
    socket.broadcast.emit('bytes', buffer);
    return { length: buffer.length, buffer };
  },
  collect: (socket, [ from, to ]) => {
    socket.nsp.in(from).socketsJoin(to);
    return 'collected';
  },
  scatter: (socket, [ room ]) => {
    socket.nsp.in(room).socketsLeave(room);
    return 'scattered';
  },
  dismiss: (socket, [ room ]) => {
    socket.nsp.in(room).disconnectSockets(true);
    return 'dismissed';
  },
  bye: socket => {
    socket.emit('last', 'word');
    socket.disconnect(true);
  },
  /**
   * For the test itself: all that was sent in this namespace before it has arrived when it does. It asks for an ack, so that it carries
   * no offset: a client may be lost whose last event was another one, or that got none.
   */
  mark: (socket, [ number ]) => {
    socket.nsp.timeout(20_000).emit('mark', number, () => undefined);
    return 'marked';
  },
  /** For the test itself: who is there, as servers know it. */
  present: async socket => (await socket.nsp.fetchSockets()).map(({ data }) => data.name).sort(),
  /** For the test itself: the process that has the connection. */
  pid: () => process.pid,
};

/** Refuses a client without the token, in the namespaces that want one. */
function refusal(socket) {
  return socket.handshake.query.token === 'good' ? undefined : Object.assign(new Error('no token'), { expose: true, data: { code: 'NO_TOKEN' } });
}

function visitorOf(req) {
  return req.headers['x-token'] ?? 'nobody';
}

function acked(ack, value) {
  if (value === undefined) ack?.();
  else ack?.(value);
}

/**
 * Calls the handler of an event, and acks once: at once where there is nothing to wait for. A handler fails only where its client,
 * which it has asked something, is gone.
 */
function answer(event, socket, args, side) {
  const ack = typeof args.at(-1) === 'function' ? args.pop() : undefined;
  const value = EVENTS[event](socket, args, side);
  if (typeof value?.then === 'function') value.then(settled => acked(ack, settled), () => ack?.('failed'));
  else acked(ack, value);
}

function greet(socket, greets, { ip, prime }) {
  socket.data.name = nameOf(socket);
  if (greets) socket.emit('welcome', identityOf(socket, ip(socket)));
  prime(socket);
}

/** Plain Socket.IO. */
exports.listen = (io, { namespaces, trustsProxy }) => {
  io.engine.use((req, _res, next) => {
    req.visitor = visitorOf(req);
    next();
  });
  // A client of plain Socket.IO that has got no event yet, or last a volatile one, is not recovered. The plugin's is.
  const prime = socket => { socket.emit('prime'); };
  const ip = socket => (trustsProxy && socket.handshake.headers['x-forwarded-for']) || socket.handshake.address.replace(/^::ffff:/, '');
  for (const { path, pattern, isGuarded, greets } of namespaces) {
    const nsp = io.of(pattern ? new RegExp(pattern) : path);
    if (isGuarded) nsp.use((socket, next) => next(refusal(socket)));
    nsp.on('connection', socket => {
      for (const event of Object.keys(EVENTS)) socket.on(event, (...args) => answer(event, socket, args, { ip, prime }));
      greet(socket, greets, { ip, prime });
    });
  }
};

/** The plugin's controllers. */
exports.controllers = ({ namespaces }) => {
  const { defineSocketController } = require('egg-socketio');
  const prime = () => undefined;
  const ipOf = ctx => ctx.ip.replace(/^::ffff:/, '');
  return namespaces.map(({ path, pattern, isGuarded, greets, forms }) => {
    const listened = Object.keys(EVENTS).filter(event => forms[event] === 'listener' && event !== 'identity');
    const handle = event => (ctx, ...args) => EVENTS[event](ctx.socket, args, { prime, ip: () => ipOf(ctx) });
    const inForm = {
      plain: handle,
      async: event => async (ctx, ...args) => {
        await null;
        return handle(event)(ctx, ...args);
      },
      ack: event => async (ctx, ...args) => {
        const { ack } = ctx;
        acked(ack, await handle(event)(ctx, ...args));
      },
    };
    return defineSocketController({
      namespace: pattern ? new RegExp(pattern) : path,
      connectionMiddleware: isGuarded ? [ async (ctx, next) => {
        const refused = refusal(ctx.socket);
        if (refused) throw refused;
        await next();
      } ] : [],
      onConnection(ctx) {
        const { socket } = ctx;
        for (const event of listened) socket.on(event, (...args) => answer(event, socket, args, { prime }));
        greet(socket, greets, { ip: () => ipOf(ctx), prime });
      },
      messages: Object.fromEntries(Object.keys(EVENTS).filter(event => !listened.includes(event))
        .map(event => [ event, (inForm[forms[event]] ?? inForm.plain)(event) ])),
    });
  });
};

exports.visitorOf = visitorOf;
exports.EVENTS = Object.keys(EVENTS);
