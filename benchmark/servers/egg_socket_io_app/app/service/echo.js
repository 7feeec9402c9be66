'use strict';

const { Service } = require('egg');

module.exports = class EchoService extends Service {
  echo(message) {
    return message;
  }
};
