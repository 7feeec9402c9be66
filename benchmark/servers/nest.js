'use strict';

// @nestjs/platform-socket.io, on Express.
require('reflect-metadata');
const { Inject, Injectable, Module, UseInterceptors } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { IoAdapter } = require('@nestjs/platform-socket.io');
const { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } = require('@nestjs/websockets');
const decorate = require('./decorate');
const { schema } = require('./schema');
const { others, ROOM, TEXT, variant } = require('./settings');

class EchoService {
  echo(message, id) {
    if (!id) throw new Error('there is no socket');
    return message;
  }
}
decorate(EchoService, { class: [ Injectable() ] });

/** What Nest has in place of middleware around events. */
class Pass {
  intercept(context, next) {
    return next.handle();
  }
}
decorate(Pass, { class: [ Injectable() ] });

/** As Nest's documentation shows it for schemas. */
const checks = { transform: value => schema.parse(value) };

class MainGateway {
  constructor(echoService) {
    this.echoService = echoService;
  }

  plain(message) {
    return message;
  }

  service(message, socket) {
    return this.echoService.echo(message, socket.id);
  }

  validated(message) {
    return message;
  }

  say() {
    this.server.to(ROOM).emit('said', TEXT);
  }
}
const withSocket = [ MessageBody(), ConnectedSocket() ];
const CHOICES = {
  plain: { members: { plain: [ SubscribeMessage('echo') ] }, parameters: { plain: [ MessageBody() ] } },
  service: { members: { service: [ SubscribeMessage('echo') ] }, parameters: { service: withSocket } },
  middleware: { members: { service: [ UseInterceptors(Pass, Pass), SubscribeMessage('echo') ] }, parameters: { service: withSocket } },
  validated: { members: { validated: [ SubscribeMessage('echo') ] }, parameters: { validated: [ MessageBody(checks) ] } },
  broadcast: { members: { say: [ SubscribeMessage('say') ], server: [ WebSocketServer() ] }, parameters: {} },
};
const { members, parameters } = CHOICES[variant];
for (const event of others) {
  Object.defineProperty(MainGateway.prototype, event, { value: message => message });
  members[event] = [ SubscribeMessage(event) ];
  parameters[event] = [ MessageBody() ];
}
if (variant === 'broadcast') MainGateway.prototype.handleConnection = socket => { void socket.join(ROOM); };
Inject(EchoService)(MainGateway, undefined, 0);
decorate(MainGateway, { class: [ WebSocketGateway() ], members, parameters, types: [ EchoService ] });

class MainModule {}
decorate(MainModule, { class: [ Module({ providers: [ MainGateway, EchoService, Pass ] }) ] });

NestFactory.create(MainModule, { logger: false }).then(async app => {
  app.useWebSocketAdapter(new IoAdapter(app));
  await app.init();
  require('./report')(app.getHttpServer());
});
