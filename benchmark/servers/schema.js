'use strict';

const { z } = require('zod');

/** Of the message in the variant `validated`: each system checks with the same one. */
exports.schema = z.object({ text: z.string().min(1).max(1000) });
