import { STATUS_CODES } from 'node:http';
import { inspect } from 'node:util';
import { ERROR_CODES } from '../../base/errors';

/** The error that a client gets. */
export interface ErrorPayload {
  code: string;
  message: string;
  details?: unknown;
}

/** An error as the client gets it, and whether that is everything there is to know about it. */
export interface NormalisedError {
  payload: ErrorPayload;
  /** An error meant for the client, which is not logged. */
  exposed: boolean;
  /** The error's own `err.data` for a rejected client. */
  data?: unknown;
}

interface ErrorLike {
  message?: unknown;
  code?: unknown;
  status?: unknown;
  expose?: unknown;
  details?: unknown;
  errors?: unknown;
  data?: unknown;
}

function isDeliberate({ expose, status }: ErrorLike): boolean {
  if (typeof expose === 'boolean') return expose;
  return typeof status === 'number' && status >= 400 && status < 500;
}

function codeOf({ code, status }: ErrorLike): string {
  if (typeof code === 'string') return code;
  const name = typeof status === 'number' ? STATUS_CODES[status] : undefined;
  return name ? name.toUpperCase().replace(/[^A-Z]+/g, '_') : 'ERROR';
}

/** Converts any thrown value to an Error that can be logged. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`a handler threw ${inspect(thrown)}, which is not an Error`);
}

/**
 * Converts any thrown value to the error for the client. Errors meant for clients (an `expose` of true, or a `status` from 400 to 499
 * without one) show their code, message and details; egg-validate's `errors` count as details. All others are `INTERNAL`.
 *
 * @param showInternal - whether the message of an internal error may be shown (local and unittest env)
 */
export function normaliseError(thrown: unknown, showInternal: boolean): NormalisedError {
  const error: ErrorLike = typeof thrown === 'object' && thrown !== null ? thrown : {};
  if (!isDeliberate(error)) {
    const message = showInternal ? toError(thrown).message : ERROR_CODES.INTERNAL.message;
    return { payload: { code: 'INTERNAL', message }, exposed: false };
  }
  const payload: ErrorPayload = { code: codeOf(error), message: String(error.message ?? '') };
  const details = error.details ?? error.errors;
  if (details !== undefined) payload.details = details;
  return { payload, exposed: true, data: error.data };
}
