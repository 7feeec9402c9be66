import os from 'node:os';
import { isMainThread, threadId } from 'node:worker_threads';
import type { instrument as Instrument } from '@socket.io/admin-ui';
import type { Namespace, Socket } from 'socket.io';
import type { PeerPort } from '../cluster/port';
import { startupError } from '../base/errors';
import type { Plans } from '../controllers/plan/plan';
import type { Application } from '../types/application';
import { LoginAttempts } from './login_attempts';
import { SharedLogins } from './shared_logins';
import type { AdminUIOptions } from './types';

function loadInstrument(): typeof Instrument {
  try {
    return (require('@socket.io/admin-ui') as { instrument: typeof Instrument }).instrument;
  } catch (cause) {
    throw startupError('INVALID_CONFIG',
      "config.socketio.adminUI needs @socket.io/admin-ui, which cannot be loaded: run 'npm install @socket.io/admin-ui', or remove the option.", cause);
  }
}

/** What the admin UI compares with the hash, it takes for a text; anything else would be a rejection that nobody handles. */
function refuseMalformed({ handshake: { auth: { sessionId, username, password } } }: Socket, next: (error?: Error) => void): void {
  const isText = [ sessionId, username, password ].every(value => value === undefined || typeof value === 'string');
  const isWhole = username === undefined ? sessionId !== undefined : password !== undefined;
  next(isText && isWhole ? undefined : new Error('invalid credentials'));
}

/** What the admin UI needs of the app. */
export interface AdminMeans {
  /** Makes the way to the other workers; `undefined` for an app in one process. */
  readonly peers: ((channel: string) => PeerPort) | undefined;
  /** The address of who asks; `undefined` if there is none. */
  addressOf(socket: Socket): string | undefined;
  /** Counts and logs that an address may not try another password. */
  refuse(address: string): void;
}

/** Lets the admin UI of the Socket.IO project in. */
export class AdminUI {
  /** The name of its namespace. */
  private readonly name: string;
  private readonly logins: SharedLogins;
  private readonly attempts: LoginAttempts;
  private namespace: Namespace | undefined;

  constructor(private readonly options: AdminUIOptions, private readonly means: AdminMeans) {
    const { namespaceName = '/admin' } = options;
    this.name = namespaceName.startsWith('/') ? namespaceName : `/${namespaceName}`;
    this.logins = new SharedLogins(means.peers?.('admin'));
    this.attempts = new LoginAttempts(means.peers?.('admin attempts'));
  }

  /**
   * Makes its namespace.
   *
   * @param plans - those of the app
   * @return the same, for the namespaces of the app and this one
   * @throws {SocketIOError} `INVALID_CONFIG` without the package, or if a controller is there already
   */
  open(io: Application, plans: Plans): Plans {
    const { name, options, logins } = this;
    const instrument = loadInstrument();
    const taken = plans.namespaces.find(({ target }) => (typeof target === 'string' ? target === name : target.test(name)));
    if (taken) {
      throw startupError('INVALID_CONFIG',
        `config.socketio.adminUI: the namespace '${name}' has controllers, as '${taken.target}'. Give the admin UI another one with namespaceName.`);
    }
    this.namespace = io.of(name);
    if (options.auth) {
      this.namespace.use(refuseMalformed);
      this.limitAttempts(this.namespace);
    }
    const thread = isMainThread ? '' : `.${threadId}`;
    instrument(io as never, {
      serverId: `${os.hostname()}#${process.pid}${thread}`, mode: 'production', readonly: options.auth === false,
      ...options, namespaceName: name, store: logins,
    });
    if (!options.auth) return plans;
    // Who knows the password needs nothing of what the app asks its users for.
    const bare = (target: string) => (
      target === name ? { ...plans.bare(target), connectionMiddleware: [], connectionGuards: [] } : plans.bare(target)
    );
    return { ...plans, bare };
  }

  /** The admin UI's timer, which nobody can stop, has nobody to tell anything from now on. */
  close(): void {
    this.logins.close();
    this.attempts.close();
    if (this.namespace) this.namespace.emit = () => false;
  }

  /** A password takes long to be compared, and that of the admin is worth being guessed. */
  private limitAttempts(namespace: Namespace): void {
    const { means, attempts, logins } = this;
    const tried = new WeakSet<Socket>();
    namespace.use(async (socket, next) => {
      const { auth: { sessionId, username } } = socket.handshake as { auth: { sessionId?: string; username?: string } };
      if (username === undefined || (sessionId && await logins.doesSessionExist(sessionId))) return next();
      const address = means.addressOf(socket) ?? '';
      const wait = attempts.begin(address);
      if (wait === undefined) {
        tried.add(socket);
        return next();
      }
      means.refuse(address);
      next(Object.assign(new Error('too many attempts to log in'), { data: { retryAfter: wait } }));
    });
    namespace.on('connection', socket => {
      if (tried.has(socket)) attempts.succeed(means.addressOf(socket) ?? '');
    });
  }
}
