'use strict';

// The plain way instead of each fast path: how Socket.IO, Egg or Node.js do it, or how one would write it first. Each function is called
// before the app is loaded. `load` returns a module of the plugin's `lib/`, whose exports it changes; `used` is to be called each time
// that the plain way is taken.
const { ServerResponse } = require('node:http');
const { createRequire } = require('node:module');

/** Calls `used` before each call of a method or function. */
function counted(used, call) {
  return function(...args) {
    used();
    return call.apply(this, args);
  };
}

/** The members of a context that Egg sets itself. */
const SET_BY_EGG = [ 'constructor', 'app', 'req', 'res', 'request', 'response', 'originalUrl' ];

/** Lets `create` make the contexts, from those of Egg; it gets the socket's members, and what the others of Egg's contexts are. */
function replaceContexts(load, used, create) {
  const module = load('context/context');
  const { ACK_TAKEN, ACKED, RAW_ACK } = load('context/socket_context');
  const { createContextClass } = module;
  module.createContextClass = app => {
    const Fast = createContextClass(app);
    const members = Object.getOwnPropertyDescriptors(Fast.prototype);
    for (const name of SET_BY_EGG) delete members[name];
    const SOCKET = Object.getOwnPropertySymbols(new Fast()).find(({ description }) => description === 'Context#socket');
    const createContext = create(app, members);
    function Plain(socket, event, args, rawAck) {
      used();
      const ctx = createContext(socket.request, new ServerResponse(socket.request));
      ctx[SOCKET] = socket;
      ctx.event = event;
      ctx.args = args;
      ctx[RAW_ACK] = rawAck;
      ctx[ACKED] = false;
      ctx[ACK_TAKEN] = false;
      return ctx;
    }
    Plain.prototype = Fast.prototype;
    return Plain;
  };
}

/** Egg's own contexts, to each of which the socket's members are added. */
function contexts(load, used) {
  replaceContexts(load, used, (app, members) => (req, res) => Object.defineProperties(app.createContext(req, res), members));
}

/** Egg's own contexts, on a prototype with the socket's members. */
function lazyContexts(load, used) {
  replaceContexts(load, used, (app, members) => {
    const withPrototype = Object.create(app, { context: { value: Object.create(app.context, members) } });
    return (req, res) => withPrototype.createContext(req, res);
  });
}

/** Egg's own `ctx.service`, which defines a getter for each service. */
function services(load, used) {
  load('context/context_services').servicesFactory = () => undefined;
  const module = load('context/context');
  const { createContextClass } = module;
  module.createContextClass = app => {
    const Context = createContextClass(app);
    const get = counted(used, function() { return Reflect.get(app.context, 'service', this); });
    Object.defineProperty(Context.prototype, 'service', { configurable: true, get });
    return Context;
  };
}

/** A promise for every event. */
function promises(load, used) {
  const module = load('events/dispatch/invoke');
  const { compileInvocation } = module;
  module.compileInvocation = plan => {
    const call = compileInvocation(plan);
    return async ctx => {
      used();
      return call(ctx);
    };
  };
}

/** As in koa-compose, with the plugin's rule about values. */
function compose(load, used) {
  load('events/dispatch/compose').compose = (middleware, inner) => middleware.reduceRight((step, { run }) => async ctx => {
    used();
    let behind;
    const value = await run(ctx, async () => {
      if (behind) throw new Error('next() was called more than once');
      behind = step(ctx);
      return behind;
    });
    return value === undefined ? behind : value;
  }, inner);
}

/** Awaits the result within a promise for the deadline, and answers then. */
function pendingEvents(load, used) {
  const { resolved } = load('events/dispatch/outcome');
  load('events/dispatch/pending_event').PendingEvent = class {
    constructor({ label, deadlines, answer, refuse }, ctx) {
      Object.assign(this, { label, deadlines, answer, refuse, ctx });
    }

    async follow(pending) {
      used();
      let value;
      try {
        value = await this.deadlines.meet(resolved(pending), this.label);
      } catch (error) {
        await this.refuse(this.ctx, error);
        return;
      }
      await this.answer(this.ctx, value);
    }
  };
}

/** A timer for each event. */
function deadlines(load, used) {
  const { Deadlines } = load('limits/deadlines');
  const timers = new Map();
  Deadlines.prototype.start = function(deadline) {
    used();
    deadline.look = 1;
    timers.set(deadline, setTimeout(() => this.refuse(deadline), this.limit).unref());
  };
  Deadlines.prototype.end = deadline => {
    if (deadline.look === 0) return false;
    deadline.look = 0;
    clearTimeout(timers.get(deadline));
    return timers.delete(deadline);
  };
  Object.defineProperty(Deadlines.prototype, 'pending', { get: () => [ ...timers.keys() ] });
}

/** A listener of each socket for each event. */
function listeners(load, used) {
  const module = load('events/namespace/incoming');
  const { interceptListeners } = module;
  module.hasDispatch = () => false;
  module.interceptListeners = (receive, ...others) => counted(used, interceptListeners(counted(used, receive), ...others));
}

/** Reads the clock for each event. */
function clock(load, used) {
  const { Bucket } = load('limits/rate');
  const { take } = Bucket.prototype;
  Bucket.prototype.take = function() {
    used();
    this.fill();
    return take.call(this);
  };
}

/** Counts the brackets of each packet. */
function brackets(load, used) {
  const { DecoderLimits } = load('limits/decoder');
  const { nestingOf } = load('limits/nesting');
  const { limit } = DecoderLimits.prototype;
  DecoderLimits.prototype.limit = function(parser) {
    const limited = limit.call(this, parser);
    const { limits: { depth } } = this;
    class Decoder extends limited.Decoder {
      add(chunk) {
        used();
        if (nestingOf(chunk, depth) > depth) throw new Error('a packet is nested too deeply');
        super.add(chunk);
      }
    }
    return { ...limited, Decoder };
  };
}

/** Tracks for each event whose it is. */
function tracking(load, used) {
  const { BackPressure } = load('limits/back_pressure');
  const backPressure = new BackPressure({ listen: () => () => undefined });
  const watch = { isWatching: true, run: counted(used, (socket, handle) => backPressure.run(socket, handle)) };
  const module = load('events/namespace/incoming');
  const { interceptDispatch } = module;
  module.interceptDispatch = (receive, admit, hold, ownError) => interceptDispatch(receive, admit, hold, ownError, watch);
}

/** Engine.IO's own `write`, which puts each packet into its buffer. */
function shortCut(load, used) {
  const { CoalescedWrites } = load('internals/coalesced_writes');
  CoalescedWrites.prototype.shorten = session => { session.write = counted(used, session.write); };
}

/** Engine.IO's own `send` too, which writes a header and a payload for each packet. */
function joinedWrites(load, used) {
  const { CoalescedWrites } = load('internals/coalesced_writes');
  CoalescedWrites.prototype.shorten = () => undefined;
  CoalescedWrites.prototype.join = transport => { transport.send = counted(used, transport.send); };
}

/** Counts the waiting bytes by Engine.IO's events about its buffer, which the short cut would go round. */
function backlog(load, used) {
  const module = load('limits/backlog');
  const { createBacklogLimit } = module;
  module.createBacklogLimit = (most, refusals, describe) => {
    const watch = createBacklogLimit(most, refusals, describe, false);
    return session => {
      watch(session);
      session.on('packetCreate', used);
    };
  };
}

/** A header and a payload for each socket of a broadcast. */
function broadcastFrames(load, used) {
  load('internals/broadcast_frame').joinBroadcastFrames = adapter => { adapter._encode = counted(used, adapter._encode); };
}

/** Socket.IO's own way through the sockets of a room. */
function singleRoom(load, used) {
  load('internals/single_room_broadcast').broadcastToSingleRoom = adapter => { adapter.apply = counted(used, adapter.apply); };
}

/** The `ws` that Engine.IO has pinned. */
function ownWs(load, used, plugin) {
  const fromPlugin = createRequire(plugin);
  const pinned = createRequire(fromPlugin.resolve('engine.io')).resolve('ws');
  const newer = fromPlugin.resolve('ws');
  if (pinned === newer) throw new Error(`Engine.IO and the plugin have the same ws, ${newer}: nothing would be compared.`);
  const { Receiver } = require(pinned);
  Receiver.prototype._write = counted(used, Receiver.prototype._write);
  require.cache[newer] = require.cache[pinned];
}

/** Each worker encodes a broadcast again. */
function encodedOnce(load, used) {
  load('internals/packet').ReusingEncoder.prototype.encode = function(packet) {
    used();
    return this.encoder.encode(packet);
  };
}

/** A write for each message to another worker. */
function outbox(load, used) {
  const { Outbox } = load('cluster/outbox');
  const { add } = Outbox.prototype;
  Outbox.prototype.add = function(frame) {
    const { stream } = this;
    if (!stream) {
      add.call(this, frame);
      return;
    }
    used();
    stream.write(frame);
  };
}

/** Messages to other workers with the names of all their parts. */
function shortMessages(load, used) {
  load('adapter/messages/messages').shorten = message => {
    used();
    return message;
  };
}

/** Events for one client go to all workers, since it might have guests in its room there. */
function privateRooms(load, used) {
  load('adapter/private_rooms').PrivateRooms.prototype.isPrivate = () => {
    used();
    return false;
  };
}

/** Everything is loaded at the start. */
function lazily(load, used) {
  load('base/lazy').lazy = make => {
    const made = make();
    used();
    return () => made;
  };
}

module.exports = {
  backlog, brackets, broadcastFrames, clock, compose, contexts, deadlines, encodedOnce, joinedWrites, lazily, lazyContexts, listeners,
  outbox, ownWs, pendingEvents, privateRooms, promises, services, shortCut, shortMessages, singleRoom, tracking,
};
