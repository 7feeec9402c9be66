'use strict';

// Curves: what more of something costs.
module.exports = {
  ...require('../growth/handlers'),
  ...require('../growth/sockets'),
  ...require('../growth/rooms'),
  ...require('../growth/workers'),
  ...require('../growth/simulated'),
};
