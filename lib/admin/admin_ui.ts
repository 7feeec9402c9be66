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

/** The admin UI expects a text here; anything else would cause an unhandled rejection. */
function refuseMalformed({ handshake: { auth: { sessionId, username, password } } }: Socket, next: (error?: Error) => void): void {
  const isText = [ sessionId, username, password ].every(value => value === undefined || typeof value === 'string');
  const isWhole = username === undefined ? sessionId !== undefined : password !== undefined;
  next(isText && isWhole ? undefined : new Error('invalid credentials'));
}

/** The parts of the app that the admin UI needs. */
export interface AdminMeans {
  /** Returns the channel to the other workers; `undefined` for an app in one process. */
  readonly peers: ((channel: string) => PeerPort) | undefined;
  /** Returns a client's address; `undefined` if there is none. */
  addressOf(socket: Socket): string | undefined;
  /** Counts and logs that an address may not try another password. */
  refuse(address: string): void;
}

/** Adds the Socket.IO project's admin UI. */
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
   * Creates its namespace.
   *
   * @param plans - those of the app
   * @return the same, for the namespaces of the app and this one
   * @throws {SocketIOError} `INVALID_CONFIG` without the package, or if the namespace has a controller
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
    // A client with the password needs nothing that the app asks of its users.
    const bare = (target: string) => (
      target === name ? { ...plans.bare(target), connectionMiddleware: [], connectionGuards: [] } : plans.bare(target)
    );
    return { ...plans, bare };
  }

  /** The admin UI's timer cannot be stopped; from now on it has no clients to send to. */
  close(): void {
    this.logins.close();
    this.attempts.close();
    if (this.namespace) this.namespace.emit = () => false;
  }

  /** Comparing a password takes long, and the admin's is worth guessing. */
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
