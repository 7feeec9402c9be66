/**
 * The types for pages, which do not have those of Egg and Node.js.
 *
 * @module egg-socketio/client
 */
export type { Ack, Answer, BuiltInEvents, ErrorAnswer, ErrorBody } from './lib/types/answers';
