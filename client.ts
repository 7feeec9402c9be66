/**
 * What pages need: the types of answers, and a helper for streams. It uses nothing of Egg and Node.js.
 *
 * @module egg-socketio/client
 */
export { resume, stream, StreamError, type StreamedItems } from './lib/client/stream';
export type { Ack, Answer, BuiltInEvents, ErrorAnswer, ErrorBody, StreamAck } from './lib/types/answers';
