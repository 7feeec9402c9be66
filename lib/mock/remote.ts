import { deserialize, serialize } from 'node:v8';
import type { MockSocketEventOptions, SocketEventResult } from './event_types';

/** The place where egg-mock lets the process of the tests call methods of `app` in a worker. */
export const CALL_URL = '/__egg_mock_call_function';
/** The method that is called there; it answers the request itself, because egg-mock does not wait for promises. */
export const REMOTE_METHOD = 'mockSocketEventFromTest';

/** The arguments of `app.mockSocketEvent()`. */
export type CallArguments = [ namespace: string, event: string, args?: readonly unknown[], options?: MockSocketEventOptions ];

/** The response of a worker. */
export type WorkerAnswer = { result: SocketEventResult } | { error: { message: string; stack?: string; data?: unknown } };

/**
 * Encodes a value as text. JSON has no buffers, dates, or `undefined`.
 *
 * @throws {Error} for functions
 */
export function pack(value: unknown): string {
  return serialize(value).toString('base64');
}

/** Decodes the value of {@link pack}. */
export function unpack(text: string): unknown {
  return deserialize(Buffer.from(text, 'base64'));
}
