import { randomUUID } from 'node:crypto';
import {
  type Context, Inject, OnWSConnection, OnWSDisconnection, OnWSMessage, SocketIOError, WSBroadCast, WSController, WSEmit,
} from 'egg-socketio';
import type { Message, Presence, RoomState, SharedFile, Welcome, Whisper } from '../lib/events';
import type { History } from '../lib/history';
import { checkFileName, checkFileSize, checkNick, checkRoom, checkText, piecesOf } from '../lib/rules';
import type PeopleService from '../service/people';

/** Milliseconds in which a page has to confirm a private message. */
const RECEIPT_LIMIT = 4000;

@WSController('/chat', { connectionMiddleware: [ 'nick' ] })
export class ChatController {
  @Inject() ctx: Context<'/chat'>;
  @Inject() history: History;
  @Inject() people: PeopleService;

  /** A page that connects is in its room before any of its messages is looked at. */
  @OnWSConnection()
  @WSEmit('welcome')
  async enter(): Promise<Welcome> {
    const { nick, room } = this.ctx.data;
    await this.ctx.join(room);
    return { nick, room, messages: await this.history.of(room), worker: process.pid };
  }

  /** One value, two ways: to the page that has come, and to all others. */
  @OnWSConnection()
  @WSEmit('presence')
  @WSBroadCast('presence')
  async arrive(): Promise<Presence> {
    return this.people.presence();
  }

  @OnWSDisconnection()
  @WSBroadCast('presence')
  async leave(): Promise<Presence> {
    return this.people.presence();
  }

  /** The return value is the ack. */
  @OnWSMessage('join')
  async join(name: unknown): Promise<RoomState> {
    const room = checkRoom(name);
    const { data } = this.ctx;
    if (room !== data.room) {
      await this.ctx.leave(data.room);
      await this.ctx.join(room);
      data.room = room;
      this.ctx.nsp.emit('presence', await this.people.presence());
    }
    return { room, messages: await this.history.of(room) };
  }

  /** The ack brings the sender what the others in the room get as an event. A throw would be acked as `{ error }`. */
  @OnWSMessage('say')
  say(text: unknown): Message {
    const { nick, room } = this.ctx.data;
    const message: Message = { id: randomUUID(), room, nick, text: checkText(text), at: Date.now() };
    // Add it to the history first, so that a client that joins right now either finds it there or receives it.
    this.history.add(message);
    this.ctx.to(room).emit('message', message);
    return message;
  }

  /**
   * A stream in both directions: the file arrives in pieces, and the page's progress bar is told how much has arrived. If the page cancels
   * or leaves, the loop throws, and nobody gets the file.
   */
  @OnWSMessage('upload')
  async* upload(name: unknown, size: unknown, content: unknown): AsyncGenerator<number> {
    const { nick, room } = this.ctx.data;
    const file = { id: randomUUID(), room, nick, name: checkFileName(name) };
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of piecesOf(content, checkFileSize(size, this.ctx.app.config.chat.fileBytes))) {
      pieces.push(piece);
      bytes += piece.length;
      yield bytes;
    }
    const shared: SharedFile = { ...file, content: Buffer.concat(pieces), at: Date.now() };
    this.ctx.to(room).emit('file', shared);
  }

  /** Worth nothing a moment later: not kept for a page that cannot take it just now. */
  @OnWSMessage('typing')
  typing(on: unknown): void {
    const { nick, room } = this.ctx.data;
    this.ctx.volatile.to(room).emit('typing', nick, on === true);
  }

  /** Returns nothing, and is acked all the same. */
  @OnWSMessage('echo')
  echo(): void {}

  /** The ack tells more than that the server has it: the other page has confirmed it, on whichever worker it is. */
  @OnWSMessage('whisper')
  async whisper(to: unknown, text: unknown): Promise<Whisper> {
    const addressee = await this.people.find(checkNick(to));
    if (!addressee) throw new SocketIOError('NOT_ONLINE', `${to} is not online.`);
    const whisper: Whisper = { id: randomUUID(), from: this.ctx.data.nick, to: addressee.data.nick, text: checkText(text), at: Date.now() };
    try {
      await addressee.timeout(RECEIPT_LIMIT).emitWithAck('whisper', whisper);
    } catch (cause) {
      throw new SocketIOError('NOT_RECEIVED', `${whisper.to} did not confirm the message.`, { cause });
    }
    return whisper;
  }
}
