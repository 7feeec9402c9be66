import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What a proxy does to a connection. */
export type Harm = 'delay' | 'cut' | 'hold';
/** When it does so: as soon as the connection is there, or once this stands in what the client sends or in what Redis answers. */
export type Step = 'connect' | 'SETINFO' | 'INFO' | 'SUBSCRIBE' | 'confirmation' | 'PUBLISH';

export const HARMS: readonly Harm[] = [ 'delay', 'cut', 'hold' ];
export const STEPS: readonly Step[] = [ 'connect', 'SETINFO', 'INFO', 'SUBSCRIBE', 'confirmation', 'PUBLISH' ];

/** Milliseconds. */
const DELAY = 300;

/** XREAD and XADD are to the streams what SUBSCRIBE and PUBLISH are to channels. */
const SIGNS: Record<Step, { from: 'client' | 'redis'; text: RegExp } | undefined> = {
  connect: undefined,
  // With which ioredis begins, before INFO.
  SETINFO: { from: 'client', text: /\r\nsetinfo\r\n/i },
  INFO: { from: 'client', text: /\r\ninfo\r\n/i },
  SUBSCRIBE: { from: 'client', text: /\r\n(s|p)?subscribe\r\n|\r\nxread\r\n/i },
  confirmation: { from: 'redis', text: /\r\n(s|p)?subscribe\r\n/i },
  PUBLISH: { from: 'client', text: /\r\ns?publish\r\n|\r\nxadd\r\n/i },
};

/** A TCP proxy before a Redis that does harm, until it is healed. */
export class RedisProxy {
  /** How often it has done harm. */
  harmed = 0;
  /** How many connections there have been. */
  accepted = 0;
  private readonly server = createServer(socket => this.accept(socket));
  private readonly sockets = new Set<Socket>();
  private readonly held = new Set<Socket>();
  private harm: { harm: Harm; step: Step; times: number } | undefined;

  private constructor(private readonly target: number) {}

  static async start(target: number): Promise<RedisProxy> {
    const proxy = new RedisProxy(target);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get port(): number { return (this.server.address() as AddressInfo).port; }

  /** From now on does harm. @param times - to so many connections */
  break(harm: Harm, step: Step, times: number): void {
    this.harm = { harm, step, times };
  }

  /** Cuts all connections that there are. */
  cutAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Does no harm any more: what was held goes on its way. */
  heal(): void {
    this.harm = undefined;
    for (const socket of this.held) socket.resume();
    this.held.clear();
  }

  async close(): Promise<void> {
    this.cutAll();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    this.accepted += 1;
    const redis = connect(this.target, '127.0.0.1');
    for (const [ from, to, side ] of [[ client, redis, 'client' ], [ redis, client, 'redis' ]] as const) {
      this.sockets.add(from);
      from.on('error', () => undefined).on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.on('data', (data: Buffer) => {
        const { step } = this.harm ?? {};
        const sign = step && SIGNS[step];
        if (sign?.from === side && sign.text.test(data.toString('latin1')) && this.strike([ client, redis ], () => to.write(data))) return;
        to.write(data);
      });
    }
    if (this.harm?.step === 'connect') this.strike([ client, redis ], () => undefined);
  }

  /** @param send - what is under way. @return whether that is done later, or never */
  private strike(both: readonly [ client: Socket, redis: Socket ], send: () => void): boolean {
    const { harm } = this;
    if (!harm || harm.times === 0) return false;
    harm.times -= 1;
    this.harmed += 1;
    if (harm.harm === 'cut') both.forEach(socket => socket.destroy());
    else {
      for (const socket of both) {
        socket.pause();
        if (harm.harm === 'hold') this.held.add(socket);
        else setTimeout(() => socket.resume(), DELAY);
      }
      if (harm.harm === 'delay') setTimeout(send, DELAY);
      else this.held.add(Object.assign(both[0]));
      if (harm.harm === 'hold') both[0].once('resume', send);
    }
    return true;
  }
}
