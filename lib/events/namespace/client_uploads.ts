import type { Socket } from 'socket.io';
import { SocketIOError } from '../../base/errors';
import { abortSignal, signalOf } from '../../context/abort_signal';
import { emitOwn } from '../../context/own_emit';
import type { SocketContext } from '../../context/socket_context';
import { renew } from '../dispatch/pipeline';
import type { Waiting } from '../streams/upload';
import { Uploads } from '../streams/uploads';
import { type Control, type Opening, type Part, STREAM_EVENT } from '../streams/wire';

const UPLOADS = Symbol('Socket#uploads');

/** The uploads of one event, which has `event` as its end once it runs. */
interface Uploading {
  readonly uploads: Uploads;
  event: PromiseLike<void> | undefined;
  end(): void;
}

/** The uploads of a socket, by the ids of their streams. */
interface Holder {
  readonly byId: Map<string, Uploading>;
  readonly waiting: Waiting;
}

function holderOf(socket: Socket): Holder | undefined {
  return (socket as { [UPLOADS]?: Holder })[UPLOADS];
}

function createHolder(socket: Socket): Holder {
  const holder: Holder = { byId: new Map(), waiting: { bytes: 0 } };
  // A handler that goes on without its client does not get the rest.
  socket.once('disconnect', () => {
    for (const { uploads } of holder.byId.values()) uploads.end(new SocketIOError('CLIENT_LEFT'));
    holder.byId.clear();
  });
  return (socket as { [UPLOADS]?: Holder })[UPLOADS] = holder;
}

/** Puts uploads into the arguments of an event that is about to run. */
export function openUploads(socket: Socket, { id, uploads: places }: Opening, ctx: SocketContext, maxBytes: number): Uploading {
  const { byId, waiting } = holderOf(socket) ?? createHolder(socket);
  const send = (...args: unknown[]) => {
    const [ op, ...rest ] = args;
    if (socket.connected) emitOwn(socket, STREAM_EVENT, op, id, ...rest);
  };
  const uploads = new Uploads(send, waiting, maxBytes, error => abortSignal(ctx, error));
  ctx.args = uploads.fill(ctx.args, places);
  const signal = signalOf(ctx);
  const stop = () => uploads.end(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const uploading: Uploading = {
    uploads, event: undefined,
    end() {
      signal.removeEventListener('abort', stop);
      byId.delete(id);
      uploads.end();
    },
  };
  byId.set(id, uploading);
  return uploading;
}

/** A client has sent a part of an upload, or its end. */
export function receiveUpload(socket: Socket, message: Control & { readonly op: 'items' | 'done' }): void {
  const uploading = holderOf(socket)?.byId.get(message.id);
  if (!uploading) return;
  renew(uploading.event);
  if (message.op === 'items') uploading.uploads.receive(message);
  else uploading.uploads.finish(message.index, message.total);
}

/** Whether a client may send a part now. */
export function isUploadDue(socket: Socket, part: Part): boolean {
  return holderOf(socket)?.byId.get(part.id)?.uploads.mayReceive(part) ?? false;
}
