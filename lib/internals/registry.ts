/** How the plugin uses a member. */
interface Use {
  /** Whether only some objects have it, or only at times, so that it cannot be found on the class. */
  readonly isField?: boolean;
  /** The rooms that use it. */
  readonly rooms: readonly string[];
  /** The effect if a version does not have it. */
  readonly without: string;
}

/** A private or undocumented member of another package that the plugin uses. */
export interface Inside extends Use {
  readonly package: string;
  /** The class or interface that has it. */
  readonly of: string;
  readonly member: string;
}

const UNGUARDED = "Errors in the app's own listeners end the process, as in Socket.IO.";
const NO_COALESCING = 'Each packet is written by itself.';
const REDIS = 'Broadcasts through Redis fail.';

/**
 * The members by package and class. docs/internals.md shows this table, and test/internals/registry.test.ts finds uses that are not in
 * it, and members that the installed versions do not have.
 */
const TABLE: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Use>>>>>> = {
  'socket.io': {
    Server: {
      _nsps: {
        rooms: [ 'internals', 'telemetry/stats', 'redis', 'controllers/report', 'events/namespace', 'mock' ],
        without: 'Statistics, the drain and the removal of empty namespaces fail.',
      },
      _parser: { rooms: [ 'internals', 'redis', 'mock' ], without: 'Broadcasts between workers fail.' },
      _checkNamespace: {
        rooms: [ 'limits' ],
        without: 'The app does not start: a CONNECT would not be counted before its socket is created.',
      },
      attachServe: { rooms: [ 'boot' ], without: "The client's files are not served." },
      parentNsps: { rooms: [ 'telemetry/stats' ], without: '`io.stats()` rejects.' },
      parentNamespacesFromRegExp: { rooms: [ 'telemetry/stats' ], without: '`io.stats()` rejects.' },
    },
    Namespace: {
      _add: { rooms: [ 'events/namespace' ], without: 'Namespaces that match a RegExp cannot be created.' },
      _createSocket: {
        rooms: [ 'internals', 'adapter/recovery' ],
        without: 'A client that was sent nothing is not recovered, and one that only polls waits for a WebSocket whenever it comes back.',
      },
      _doConnect: { rooms: [ 'events/namespace' ], without: UNGUARDED },
      _fns: { rooms: [ 'events/namespace' ], without: UNGUARDED },
      _onServerSideEmit: { rooms: [ 'internals' ], without: '`serverSideEmit()` of other workers fails.' },
      _preConnectSockets: {
        rooms: [ 'limits', 'events/namespace' ],
        without: 'A second CONNECT to a namespace may get a socket of its own.',
      },
      _remove: { rooms: [ 'events/namespace' ], without: 'Namespaces that match a RegExp cannot be created.' },
      emitReserved: { rooms: [ 'events/namespace' ], without: UNGUARDED },
      run: { rooms: [ 'events/namespace', 'mock' ], without: UNGUARDED },
      server: { rooms: [ 'telemetry/stats' ], without: 'Statistics count dynamic namespaces by their own names.' },
    },
    Socket: {
      _anyListeners: {
        isField: true, rooms: [ 'events/namespace' ],
        without: '`onAny()` listeners are not called for events without a handler.',
      },
      _anyOutgoingListeners: { isField: true, rooms: [ 'events/namespace' ], without: '`onAnyOutgoing()` listeners are not called.' },
      _onclose: { rooms: [ 'internals' ], without: 'The drain fails.' },
      _onerror: { rooms: [ 'events/namespace' ], without: 'Events are handled by listeners instead of one function.' },
      ack: { rooms: [ 'events/namespace' ], without: 'Events that ask for an ack fail.' },
      acks: { isField: true, rooms: [ 'limits', 'events/namespace' ], without: 'Acks from clients fail.' },
      dispatch: { rooms: [ 'events/namespace' ], without: 'Events are handled by listeners instead of one function.' },
      emitReserved: { rooms: [ 'events/namespace' ], without: UNGUARDED },
      flags: {
        isField: true, rooms: [ 'limits', 'events/namespace', 'events/outgoing' ],
        without: '`emitWithAck()` ignores its own time-out, and outgoing middleware cannot change flags.',
      },
      fns: { isField: true, rooms: [ 'events/namespace', 'mock' ], without: 'Events are not handled.' },
      notifyOutgoingListeners: { rooms: [ 'events/namespace' ], without: UNGUARDED },
      onack: { rooms: [ 'events/namespace' ], without: UNGUARDED },
      onevent: { rooms: [ 'events/namespace' ], without: UNGUARDED },
      packet: {
        rooms: [ 'internals' ],
        without: 'A recovered client behind middleware does not get what it missed, and changed data of a client is copied to another worker late.',
      },
      registerAckCallback: { rooms: [ 'events/namespace' ], without: UNGUARDED },
    },
    Client: {
      _packet: { isField: true, rooms: [ 'redis' ], without: 'With the streams adapter, packets to one client may overtake broadcasts.' },
    },
  },
  'engine.io': {
    Server: {
      _applyMiddlewares: { rooms: [ 'routing', 'mock' ], without: 'A session stays with its first worker, and its WebSocket is relayed.' },
      clients: {
        rooms: [ 'internals', 'telemetry/stats', 'routing', 'boot', 'mock' ],
        without: 'Statistics, the drain and the move of sessions fail.',
      },
      createTransport: { rooms: [ 'boot' ], without: 'No client can connect.' },
      handshake: { rooms: [ 'mock' ], without: '`app.mockSocketEvent()` fails.' },
      prepare: { rooms: [ 'routing' ], without: 'A session stays with its first worker, and its WebSocket is relayed.' },
      verify: { rooms: [ 'boot' ], without: 'All requests of a session after its first fail.' },
    },
    Socket: {
      id: { isField: true, rooms: [ 'limits', 'routing' ], without: 'Sessions cannot move between workers.' },
      onClose: { rooms: [ 'mock' ], without: '`app.mockSocketEvent()` fails.' },
      sendPacket: { rooms: [ 'limits' ], without: 'Waiting bytes are counted by events of Engine.IO, and packets are not coalesced.' },
      writeBuffer: {
        isField: true, rooms: [ 'internals', 'limits', 'events/streams' ],
        without: 'Clients that do not read are not noticed.',
      },
    },
    Transport: {
      _onSentLast: { isField: true, rooms: [ 'internals' ], without: NO_COALESCING },
      dataRes: {
        isField: true, rooms: [ 'routing' ],
        without: 'With several workers, a poll that was sent together with a close packet may get 400.',
      },
      doWrite: { isField: true, rooms: [ 'telemetry/stats' ], without: 'Statistics show no bytes that were sent with polling.' },
      onClose: { rooms: [ 'routing' ], without: 'With several workers, a poll that was sent together with a close packet may get 400.' },
      onData: { rooms: [ 'limits' ], without: 'Polling requests with data fail.' },
      onDataRequest: {
        isField: true, rooms: [ 'limits' ],
        without: 'Clients that fill the links between workers over polling are still read.',
      },
      onError: { rooms: [ 'limits' ], without: 'A second POST of a client that is not being read is not refused.' },
      onPacket: { rooms: [ 'limits', 'routing' ], without: 'Packets of clients are not handled.' },
      socket: { isField: true, rooms: [ 'internals', 'limits' ], without: 'Connections that are cut off wait for a closing handshake.' },
      supportsBinary: { isField: true, rooms: [ 'internals' ], without: 'Each binary packet is written by itself.' },
    },
    request: {
      _query: { isField: true, rooms: [ 'limits', 'routing', 'mock' ], without: 'Requests of a session cannot be recognized.' },
      res: { isField: true, rooms: [ 'routing' ], without: 'A session stays with its first worker, and its WebSocket is relayed.' },
      websocket: { isField: true, rooms: [ 'mock' ], without: '`app.mockSocketEvent()` fails.' },
    },
  },
  'socket.io-adapter': {
    Adapter: {
      _encode: { rooms: [ 'internals' ], without: 'The frame of a broadcast is written in two pieces.' },
      apply: { rooms: [ 'limits' ], without: '`acks()` fails.' },
    },
    ClusterAdapter: {
      addOffsetIfNecessary: { rooms: [ 'redis' ], without: 'With the streams adapter, a recovered client may miss events.' },
      onMessage: { rooms: [ 'redis' ], without: REDIS },
      onResponse: { rooms: [ 'redis' ], without: REDIS },
      publish: { rooms: [ 'redis' ], without: REDIS },
      publishAndReturnOffset: { rooms: [ 'redis' ], without: REDIS },
      uid: { isField: true, rooms: [ 'redis' ], without: 'A worker cannot check whether it receives messages from Redis.' },
    },
  },
  ws: {
    WebSocket: {
      _sender: { isField: true, rooms: [ 'internals' ], without: NO_COALESCING },
      _socket: {
        isField: true, rooms: [ 'internals', 'limits', 'telemetry/stats' ],
        without: 'Each packet is written by itself, clients that do not read are not noticed, and statistics show no bytes of WebSockets.',
      },
    },
  },
  ioredis: {
    Redis: {
      setSocketTimeout: {
        isField: true, rooms: [ 'redis' ],
        without: 'ioredis closes the connections of a process that was busy for two seconds.',
      },
      socketTimeoutTimer: {
        isField: true, rooms: [ 'redis' ],
        without: 'ioredis closes the connections of a process that was busy for two seconds.',
      },
    },
    Cluster: {
      shardedSubscribers: {
        isField: true, rooms: [ 'redis' ],
        without: 'With sharded PUB/SUB and Redis Cluster, a worker may receive nothing after a lost connection.',
      },
    },
  },
  egg: {
    Agent: {
      app: { isField: true, rooms: [ 'boot' ], without: '`agent.io` does not work in unit tests with Egg 3.' },
      application: { isField: true, rooms: [ 'boot' ], without: '`agent.io` does not work in unit tests with Egg 4.' },
    },
    Application: {
      lifecycle: { isField: true, rooms: [ 'base' ], without: 'The app does not start: the plugin could not stop before other plugins.' },
      middlewares: { isField: true, rooms: [ 'context' ], without: '`ctx.session` cannot be read from an external store.' },
      options: { isField: true, rooms: [ 'cluster', 'routing' ], without: 'An app with several workers is treated as a single process.' },
      server: { isField: true, rooms: [ 'base' ], without: 'A server that already exists is not attached.' },
      serviceClasses: { isField: true, rooms: [ 'controllers/plan' ], without: 'Services cannot be injected.' },
    },
  },
  'egg-validate': {
    Application: {
      validator: {
        isField: true, rooms: [ 'controllers/plan', 'controllers/validation' ],
        without: 'An app that uses rules of egg-validate does not start.',
      },
    },
  },
  '@eggjs/tegg-plugin': {
    Application: {
      eggContainerFactory: { isField: true, rooms: [ 'controllers/plan' ], without: 'Prototypes of tegg cannot be injected.' },
      moduleHandler: { isField: true, rooms: [ 'controllers/plan' ], without: 'Prototypes of tegg cannot be injected.' },
    },
  },
  'node:http': {
    IncomingMessage: {
      _addHeaderLines: { rooms: [ 'routing' ], without: 'A session stays with its first worker, and its WebSocket is relayed.' },
    },
  },
  'node:net': {
    Socket: {
      _handle: { isField: true, rooms: [ 'limits' ], without: 'A large write counts as unread until all of it is done.' },
      _httpMessage: { isField: true, rooms: [ 'routing' ], without: 'An upgrade behind a request on the same connection is not refused.' },
    },
  },
};

/** The rows of the table. */
export const INSIDES: readonly Inside[] = Object.entries(TABLE).flatMap(([ from, classes ]) => (
  Object.entries(classes).flatMap(([ of, members ]) => (
    Object.entries(members).map(([ member, use ]) => ({ package: from, of, member, ...use }))
  ))
));
