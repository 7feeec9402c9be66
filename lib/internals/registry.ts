/**
 * A private or undocumented member of another package that the plugin uses. docs/internals.md shows this list, and
 * test/internals/registry.test.ts finds uses that are not in it, and members that the installed versions do not have.
 */
export interface Inside {
  readonly package: 'socket.io' | 'engine.io' | 'socket.io-adapter' | 'ws' | 'ioredis' | 'egg' | 'egg-validate' | '@eggjs/tegg-plugin' | 'node:http' | 'node:net';
  /** The class or interface that has it. */
  readonly of: string;
  readonly member: string;
  /** Whether only some objects have it, or only at times, so that it cannot be found on the class. */
  readonly isField?: boolean;
  /** The rooms that use it. */
  readonly rooms: readonly string[];
  /** The effect if a version does not have it. */
  readonly without: string;
}

const UNGUARDED = "Errors in the app's own listeners end the process, as in Socket.IO.";
const NO_COALESCING = 'Each packet is written by itself.';
const REDIS = 'Broadcasts through Redis fail.';

/** In the order of the packages, and of their classes. */
export const INSIDES: readonly Inside[] = [
  {
    package: 'socket.io', of: 'Server', member: '_nsps', rooms: [ 'internals', 'telemetry/stats', 'redis', 'controllers/report', 'events/namespace', 'mock' ],
    without: 'Statistics, the drain and the removal of empty namespaces fail.',
  },
  {
    package: 'socket.io', of: 'Server', member: '_parser', rooms: [ 'internals', 'redis', 'mock' ],
    without: 'Broadcasts between workers fail.',
  },
  {
    package: 'socket.io', of: 'Server', member: '_checkNamespace', rooms: [ 'limits' ],
    without: 'The app does not start: a CONNECT would not be counted before its socket is created.',
  },
  {
    package: 'socket.io', of: 'Server', member: 'attachServe', rooms: [ 'boot' ],
    without: "The client's files are not served.",
  },
  {
    package: 'socket.io', of: 'Server', member: 'parentNsps', rooms: [ 'telemetry/stats' ],
    without: '`io.stats()` rejects.',
  },
  {
    package: 'socket.io', of: 'Server', member: 'parentNamespacesFromRegExp', rooms: [ 'telemetry/stats' ],
    without: '`io.stats()` rejects.',
  },
  {
    package: 'socket.io', of: 'Namespace', member: '_add', rooms: [ 'events/namespace' ],
    without: 'Namespaces that match a RegExp cannot be created.',
  },
  {
    package: 'socket.io', of: 'Namespace', member: '_createSocket', rooms: [ 'adapter/recovery' ],
    without: 'A client that was sent nothing is not recovered.',
  },
  {
    package: 'socket.io', of: 'Namespace', member: '_doConnect', rooms: [ 'events/namespace' ],
    without: UNGUARDED,
  },
  {
    package: 'socket.io', of: 'Namespace', member: '_fns', rooms: [ 'events/namespace' ],
    without: UNGUARDED,
  },
  {
    package: 'socket.io', of: 'Namespace', member: '_onServerSideEmit', rooms: [ 'internals' ],
    without: '`serverSideEmit()` of other workers fails.',
  },
  {
    package: 'socket.io', of: 'Namespace', member: '_preConnectSockets', rooms: [ 'limits', 'events/namespace' ],
    without: 'A second CONNECT to a namespace may get a socket of its own.',
  },
  {
    package: 'socket.io', of: 'Namespace', member: '_remove', rooms: [ 'events/namespace' ],
    without: 'Namespaces that match a RegExp cannot be created.',
  },
  {
    package: 'socket.io', of: 'Namespace', member: 'emitReserved', rooms: [ 'events/namespace' ],
    without: UNGUARDED,
  },
  {
    package: 'socket.io', of: 'Namespace', member: 'run', rooms: [ 'events/namespace', 'mock' ],
    without: UNGUARDED,
  },
  {
    package: 'socket.io', of: 'Namespace', member: 'server', rooms: [ 'telemetry/stats' ],
    without: 'Statistics count dynamic namespaces by their own names.',
  },
  {
    package: 'socket.io', of: 'Socket', member: '_anyListeners', isField: true, rooms: [ 'events/namespace' ],
    without: '`onAny()` listeners are not called for events without a handler.',
  },
  {
    package: 'socket.io', of: 'Socket', member: '_anyOutgoingListeners', isField: true, rooms: [ 'events/namespace' ],
    without: '`onAnyOutgoing()` listeners are not called.',
  },
  {
    package: 'socket.io', of: 'Socket', member: '_onclose', rooms: [ 'internals' ],
    without: 'The drain fails.',
  },
  {
    package: 'socket.io', of: 'Socket', member: '_onerror', rooms: [ 'events/namespace' ],
    without: 'Events are handled by listeners instead of one function.',
  },
  {
    package: 'socket.io', of: 'Socket', member: 'ack', rooms: [ 'events/namespace' ],
    without: 'Events that ask for an ack fail.',
  },
  {
    package: 'socket.io', of: 'Socket', member: 'acks', isField: true, rooms: [ 'limits', 'events/namespace' ],
    without: 'Acks from clients fail.',
  },
  {
    package: 'socket.io', of: 'Socket', member: 'dispatch', rooms: [ 'events/namespace' ],
    without: 'Events are handled by listeners instead of one function.',
  },
  {
    package: 'socket.io', of: 'Socket', member: 'emitReserved', rooms: [ 'events/namespace' ],
    without: UNGUARDED,
  },
  {
    package: 'socket.io', of: 'Socket', member: 'flags', isField: true, rooms: [ 'limits', 'events/namespace', 'events/outgoing' ],
    without: '`emitWithAck()` ignores its own time-out, and outgoing middleware cannot change flags.',
  },
  {
    package: 'socket.io', of: 'Socket', member: 'fns', isField: true, rooms: [ 'events/namespace', 'mock' ],
    without: 'Events are not handled.',
  },
  {
    package: 'socket.io', of: 'Socket', member: 'notifyOutgoingListeners', rooms: [ 'events/namespace' ],
    without: UNGUARDED,
  },
  {
    package: 'socket.io', of: 'Socket', member: 'onack', rooms: [ 'events/namespace' ],
    without: UNGUARDED,
  },
  {
    package: 'socket.io', of: 'Socket', member: 'onevent', rooms: [ 'events/namespace' ],
    without: UNGUARDED,
  },
  {
    package: 'socket.io', of: 'Socket', member: 'packet', rooms: [ 'internals' ],
    without: 'A recovered client behind middleware does not get what it missed, and changed data of a client is copied to another worker late.',
  },
  {
    package: 'socket.io', of: 'Socket', member: 'registerAckCallback', rooms: [ 'events/namespace' ],
    without: UNGUARDED,
  },
  {
    package: 'socket.io', of: 'Client', member: '_packet', isField: true, rooms: [ 'redis' ],
    without: 'With the streams adapter, packets to one client may overtake broadcasts.',
  },
  {
    package: 'engine.io', of: 'Server', member: '_applyMiddlewares', rooms: [ 'routing', 'mock' ],
    without: 'A session stays with its first worker, and its WebSocket is relayed.',
  },
  {
    package: 'engine.io', of: 'Server', member: 'clients', rooms: [ 'internals', 'telemetry/stats', 'routing', 'boot', 'mock' ],
    without: 'Statistics, the drain and the move of sessions fail.',
  },
  {
    package: 'engine.io', of: 'Server', member: 'createTransport', rooms: [ 'boot' ],
    without: 'No client can connect.',
  },
  {
    package: 'engine.io', of: 'Server', member: 'handshake', rooms: [ 'mock' ],
    without: '`app.mockSocketEvent()` fails.',
  },
  {
    package: 'engine.io', of: 'Server', member: 'prepare', rooms: [ 'routing' ],
    without: 'A session stays with its first worker, and its WebSocket is relayed.',
  },
  {
    package: 'engine.io', of: 'Server', member: 'verify', rooms: [ 'boot' ],
    without: 'All requests of a session after its first fail.',
  },
  {
    package: 'engine.io', of: 'Socket', member: 'id', isField: true, rooms: [ 'limits', 'routing' ],
    without: 'Sessions cannot move between workers.',
  },
  {
    package: 'engine.io', of: 'Socket', member: 'onClose', rooms: [ 'mock' ],
    without: '`app.mockSocketEvent()` fails.',
  },
  {
    package: 'engine.io', of: 'Socket', member: 'sendPacket', rooms: [ 'limits' ],
    without: 'Waiting bytes are counted by events of Engine.IO, and packets are not coalesced.',
  },
  {
    package: 'engine.io', of: 'Socket', member: 'writeBuffer', isField: true, rooms: [ 'internals', 'limits', 'events/streams' ],
    without: 'Clients that do not read are not noticed.',
  },
  {
    package: 'engine.io', of: 'Transport', member: '_onSentLast', isField: true, rooms: [ 'internals' ],
    without: NO_COALESCING,
  },
  {
    package: 'engine.io', of: 'Transport', member: 'dataRes', isField: true, rooms: [ 'routing' ],
    without: 'With several workers, a poll that was sent together with a close packet may get 400.',
  },
  {
    package: 'engine.io', of: 'Transport', member: 'doWrite', isField: true, rooms: [ 'telemetry/stats' ],
    without: 'Statistics show no bytes that were sent with polling.',
  },
  {
    package: 'engine.io', of: 'Transport', member: 'onClose', rooms: [ 'routing' ],
    without: 'With several workers, a poll that was sent together with a close packet may get 400.',
  },
  {
    package: 'engine.io', of: 'Transport', member: 'onData', rooms: [ 'limits' ],
    without: 'Polling requests with data fail.',
  },
  {
    package: 'engine.io', of: 'Transport', member: 'onDataRequest', isField: true, rooms: [ 'limits' ],
    without: 'Clients that fill the links between workers over polling are still read.',
  },
  {
    package: 'engine.io', of: 'Transport', member: 'onError', rooms: [ 'limits' ],
    without: 'A second POST of a client that is not being read is not refused.',
  },
  {
    package: 'engine.io', of: 'Transport', member: 'onPacket', rooms: [ 'limits', 'routing' ],
    without: 'Packets of clients are not handled.',
  },
  {
    package: 'engine.io', of: 'Transport', member: 'socket', isField: true, rooms: [ 'internals', 'limits' ],
    without: 'Connections that are cut off wait for a closing handshake.',
  },
  {
    package: 'engine.io', of: 'Transport', member: 'supportsBinary', isField: true, rooms: [ 'internals' ],
    without: 'Each binary packet is written by itself.',
  },
  {
    package: 'engine.io', of: 'request', member: '_query', isField: true, rooms: [ 'limits', 'routing', 'mock' ],
    without: 'Requests of a session cannot be recognized.',
  },
  {
    package: 'engine.io', of: 'request', member: 'res', isField: true, rooms: [ 'routing' ],
    without: 'A session stays with its first worker, and its WebSocket is relayed.',
  },
  {
    package: 'engine.io', of: 'request', member: 'websocket', isField: true, rooms: [ 'mock' ],
    without: '`app.mockSocketEvent()` fails.',
  },
  {
    package: 'socket.io-adapter', of: 'Adapter', member: '_encode', rooms: [ 'internals' ],
    without: 'The frame of a broadcast is written in two pieces.',
  },
  {
    package: 'socket.io-adapter', of: 'Adapter', member: 'apply', rooms: [ 'limits' ],
    without: '`acks()` fails.',
  },
  {
    package: 'socket.io-adapter', of: 'ClusterAdapter', member: 'addOffsetIfNecessary', rooms: [ 'redis' ],
    without: 'With the streams adapter, a recovered client may miss events.',
  },
  {
    package: 'socket.io-adapter', of: 'ClusterAdapter', member: 'onMessage', rooms: [ 'redis' ],
    without: REDIS,
  },
  {
    package: 'socket.io-adapter', of: 'ClusterAdapter', member: 'onResponse', rooms: [ 'redis' ],
    without: REDIS,
  },
  {
    package: 'socket.io-adapter', of: 'ClusterAdapter', member: 'publish', rooms: [ 'redis' ],
    without: REDIS,
  },
  {
    package: 'socket.io-adapter', of: 'ClusterAdapter', member: 'publishAndReturnOffset', rooms: [ 'redis' ],
    without: REDIS,
  },
  {
    package: 'socket.io-adapter', of: 'ClusterAdapter', member: 'uid', isField: true, rooms: [ 'redis' ],
    without: 'A worker cannot check whether it receives messages from Redis.',
  },
  {
    package: 'ws', of: 'WebSocket', member: '_sender', isField: true, rooms: [ 'internals' ],
    without: NO_COALESCING,
  },
  {
    package: 'ws', of: 'WebSocket', member: '_socket', isField: true, rooms: [ 'internals', 'limits', 'telemetry/stats' ],
    without: 'Each packet is written by itself, clients that do not read are not noticed, and statistics show no bytes of WebSockets.',
  },
  {
    package: 'ioredis', of: 'Redis', member: 'setSocketTimeout', isField: true, rooms: [ 'redis' ],
    without: 'ioredis closes the connections of a process that was busy for two seconds.',
  },
  {
    package: 'ioredis', of: 'Redis', member: 'socketTimeoutTimer', isField: true, rooms: [ 'redis' ],
    without: 'ioredis closes the connections of a process that was busy for two seconds.',
  },
  {
    package: 'ioredis', of: 'Cluster', member: 'shardedSubscribers', isField: true, rooms: [ 'redis' ],
    without: 'With sharded PUB/SUB and Redis Cluster, a worker may receive nothing after a lost connection.',
  },
  {
    package: 'egg', of: 'Agent', member: 'app', isField: true, rooms: [ 'boot' ],
    without: '`agent.io` does not work in unit tests with Egg 3.',
  },
  {
    package: 'egg', of: 'Agent', member: 'application', isField: true, rooms: [ 'boot' ],
    without: '`agent.io` does not work in unit tests with Egg 4.',
  },
  {
    package: 'egg', of: 'Application', member: 'lifecycle', isField: true, rooms: [ 'base' ],
    without: 'The app does not start: the plugin could not stop before other plugins.',
  },
  {
    package: 'egg', of: 'Application', member: 'middlewares', isField: true, rooms: [ 'context' ],
    without: '`ctx.session` cannot be read from an external store.',
  },
  {
    package: 'egg', of: 'Application', member: 'options', isField: true, rooms: [ 'cluster', 'routing' ],
    without: 'An app with several workers is treated as a single process.',
  },
  {
    package: 'egg', of: 'Application', member: 'server', isField: true, rooms: [ 'base' ],
    without: 'A server that already exists is not attached.',
  },
  {
    package: 'egg', of: 'Application', member: 'serviceClasses', isField: true, rooms: [ 'controllers/plan' ],
    without: 'Services cannot be injected.',
  },
  {
    package: 'egg-validate', of: 'Application', member: 'validator', isField: true, rooms: [ 'controllers/plan', 'controllers/validation' ],
    without: 'An app that uses rules of egg-validate does not start.',
  },
  {
    package: '@eggjs/tegg-plugin', of: 'Application', member: 'eggContainerFactory', isField: true, rooms: [ 'controllers/plan' ],
    without: 'Prototypes of tegg cannot be injected.',
  },
  {
    package: '@eggjs/tegg-plugin', of: 'Application', member: 'moduleHandler', isField: true, rooms: [ 'controllers/plan' ],
    without: 'Prototypes of tegg cannot be injected.',
  },
  {
    package: 'node:http', of: 'IncomingMessage', member: '_addHeaderLines', rooms: [ 'routing' ],
    without: 'A session stays with its first worker, and its WebSocket is relayed.',
  },
  {
    package: 'node:net', of: 'Socket', member: '_handle', isField: true, rooms: [ 'limits' ],
    without: 'A large write counts as unread until all of it is done.',
  },
  {
    package: 'node:net', of: 'Socket', member: '_httpMessage', isField: true, rooms: [ 'routing' ],
    without: 'An upgrade behind a request on the same connection is not refused.',
  },
];
