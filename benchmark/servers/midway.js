'use strict';

// @midwayjs/socketio.
require('reflect-metadata');
const { createServer } = require('node:http');
const { Bootstrap } = require('@midwayjs/bootstrap');
const {
  App, Configuration, Inject, MidwayApplicationManager, OnWSConnection, OnWSMessage, Provide, WSController,
} = require('@midwayjs/core');
const socketio = require('@midwayjs/socketio');
const decorate = require('./decorate');
const { schema } = require('./schema');
const { others, ROOM, TEXT, variant } = require('./settings');

class EchoService {
  echo(message, id) {
    if (!id) throw new Error('there is no socket');
    return message;
  }
}
decorate(EchoService, { class: [ Provide('echoService') ] });

class MainController {
  plain(message) {
    return message;
  }

  service(message) {
    return this.echoService.echo(message, this.ctx.id);
  }

  /** Its own validation is that of HTTP, so the handler does it. */
  validated(message) {
    return schema.parse(message);
  }

  join() {
    void this.ctx.join(ROOM);
  }

  say() {
    this.io.to(ROOM).emit('said', TEXT);
  }
}
const pass = async (ctx, next) => next();
const hasMiddleware = variant === 'middleware';
const members = {
  plain: { plain: [ OnWSMessage('echo') ] },
  service: { service: [ OnWSMessage('echo') ] },
  middleware: { service: [ OnWSMessage('echo', { middleware: [ pass ] }) ] },
  validated: { validated: [ OnWSMessage('echo') ] },
  broadcast: { join: [ OnWSConnection() ], say: [ OnWSMessage('say') ] },
}[variant];
for (const event of others) {
  Object.defineProperty(MainController.prototype, event, { value: message => message });
  members[event] = [ OnWSMessage(event) ];
}
const injected = { ctx: [ Inject() ], echoService: [ Inject() ], io: [ App('socketIO') ] };
decorate(MainController, {
  members: { ...members, ...(variant === 'plain' || variant === 'validated' ? {} : injected) },
  class: [ WSController('/', { middleware: hasMiddleware ? [ pass ] : [] }) ],
});

class MainConfiguration {}
decorate(MainConfiguration, {
  class: [ Configuration({ imports: [ socketio ], importConfigs: [{ default: { keys: 'benchmark', socketIO: {} } }] }) ],
});

Bootstrap.configure({
  appDir: __dirname, baseDir: __dirname, moduleDetector: false, logger: false,
  imports: [ MainConfiguration ], preloadModules: [ MainController, EchoService ],
}).run().then(async container => {
  const manager = await container.getAsync(MidwayApplicationManager);
  const server = createServer();
  manager.getApplication('socketIO').attach(server);
  require('./report')(server);
});
