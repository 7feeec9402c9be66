import type { TrafficStats } from '../../types/stats';
import type { WorkerStats } from '../../types/worker_stats';

/** One value of a metric, and its labels besides that of the worker. */
type Sample = readonly [labels: Record<string, string>, value: number];

/** The samples of a metric for each worker. */
interface MetricPlan {
  readonly type: 'Counter' | 'Gauge';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  samples(worker: WorkerStats): Sample[];
}

function byName(label: string, figures: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(figures).map(([ name, value ]) => [{ [label]: name }, value ]);
}

function byTransport(traffic: WorkerStats['traffic'], figure: keyof TrafficStats): Sample[] {
  return Object.entries(traffic).map(([ transport, figures ]) => [{ transport }, figures[figure] ]);
}

/** The metrics of each worker, without the histogram. */
export const METRICS: readonly MetricPlan[] = [
  {
    type: 'Gauge', name: 'connections', help: 'Open connections.', labels: [ 'transport' ],
    samples: ({ connections }) => byName('transport', connections),
  },
  {
    type: 'Gauge', name: 'sockets', help: 'Sockets that are connected.', labels: [ 'namespace' ],
    samples: ({ namespaces }) => Object.entries(namespaces).map(([ namespace, { sockets }]) => [{ namespace }, sockets ]),
  },
  {
    type: 'Gauge', name: 'rooms', help: 'Rooms, without those that each socket has for itself.', labels: [ 'namespace' ],
    samples: ({ namespaces }) => Object.entries(namespaces).map(([ namespace, { rooms }]) => [{ namespace }, rooms ]),
  },
  {
    type: 'Counter', name: 'connects_total', help: 'Clients that have connected to a namespace, including those that were recovered.',
    labels: [ 'namespace' ], samples: ({ connects }) => byName('namespace', connects),
  },
  {
    type: 'Counter', name: 'recoveries_total', help: 'Clients that wanted their session back, by whether they have got it.',
    labels: [ 'outcome' ], samples: ({ recoveries }) => byName('outcome', { ...recoveries }),
  },
  {
    type: 'Counter', name: 'disconnects_total', help: "Clients that have left a namespace, by Socket.IO's reason.", labels: [ 'reason' ],
    samples: ({ disconnects }) => byName('reason', disconnects),
  },
  {
    type: 'Counter', name: 'received_packets_total', help: 'Engine.IO packets from clients.', labels: [ 'transport' ],
    samples: ({ traffic }) => byTransport(traffic, 'packetsReceived'),
  },
  {
    type: 'Counter', name: 'sent_packets_total', help: 'Engine.IO packets to clients.', labels: [ 'transport' ],
    samples: ({ traffic }) => byTransport(traffic, 'packetsSent'),
  },
  {
    type: 'Counter', name: 'received_bytes_total', help: 'Bytes from clients.', labels: [ 'transport' ],
    samples: ({ traffic }) => byTransport(traffic, 'bytesReceived'),
  },
  {
    type: 'Counter', name: 'sent_bytes_total', help: 'Bytes to clients.', labels: [ 'transport' ],
    samples: ({ traffic }) => byTransport(traffic, 'bytesSent'),
  },
  {
    type: 'Gauge', name: 'running_handlers', help: 'Handlers that have not finished.', labels: [], samples: ({ handlers }) => [[{}, handlers ]],
  },
  {
    type: 'Counter', name: 'errors_total', help: 'Errors that were sent to clients.', labels: [ 'code' ],
    samples: ({ errors }) => byName('code', errors),
  },
  {
    type: 'Counter', name: 'refused_total', help: 'Refusals by limits and by the origin check.', labels: [ 'limit' ],
    samples: ({ refused }) => byName('limit', refused),
  },
  {
    type: 'Counter', name: 'forwarded_total', help: 'Requests and WebSockets forwarded to another worker.', labels: [ 'kind' ],
    samples: ({ forwarded }) => [[{ kind: 'request' }, forwarded.requests ], [{ kind: 'websocket' }, forwarded.webSockets ]],
  },
  {
    type: 'Gauge', name: 'relayed_websockets', help: 'WebSockets that are relayed to another worker.', labels: [],
    samples: ({ relayed }) => [[{}, relayed ]],
  },
  {
    type: 'Counter', name: 'take_overs_total', help: 'Sessions taken over from another worker.', labels: [],
    samples: ({ takeOvers }) => [[{}, takeOvers ]],
  },
  {
    type: 'Gauge', name: 'recovery_sessions', help: 'Sessions kept for clients that may reconnect.', labels: [],
    samples: ({ recovery: { sessions } }) => [[{}, sessions ]],
  },
  {
    type: 'Gauge', name: 'recovery_packets', help: 'Packets kept for clients that may reconnect.', labels: [],
    samples: ({ recovery: { packets } }) => [[{}, packets ]],
  },
  {
    type: 'Gauge', name: 'recovery_bytes', help: 'Bytes of all that is kept for clients that may reconnect.', labels: [],
    samples: ({ recovery: { bytes } }) => [[{}, bytes ]],
  },
  {
    type: 'Gauge', name: 'recovery_copied_sessions', help: 'Copies of the sessions of other workers.', labels: [],
    samples: ({ recovery: { copiedSessions } }) => [[{}, copiedSessions ]],
  },
  {
    type: 'Gauge', name: 'recovery_copied_bytes', help: 'Bytes of these copies, with their packets.', labels: [],
    samples: ({ recovery: { copiedBytes } }) => [[{}, copiedBytes ]],
  },
  {
    type: 'Gauge', name: 'redis_up', help: 'Whether the messages of other servers arrive through Redis; missing without Redis.', labels: [],
    samples: ({ redis: { up } }) => (up === undefined ? [] : [[{}, up ]]),
  },
  {
    type: 'Counter', name: 'redis_outages_total', help: 'Times that Redis could not be reached any more.', labels: [],
    samples: ({ redis }) => [[{}, redis.outages ]],
  },
  {
    type: 'Counter', name: 'redis_lost_messages_total', help: 'Messages to other servers that could not be published.', labels: [],
    samples: ({ redis }) => [[{}, redis.lostMessages ]],
  },
  {
    type: 'Counter', name: 'redis_deaf_total', help: 'Times that a namespace stopped receiving messages through Redis.', labels: [],
    samples: ({ redis }) => [[{}, redis.deaf ]],
  },
  {
    type: 'Counter', name: 'redis_mended_total', help: 'Times that a namespace received messages through Redis again.', labels: [],
    samples: ({ redis }) => [[{}, redis.mended ]],
  },
  {
    type: 'Gauge', name: 'buffered_bytes', help: 'Bytes waiting for clients.', labels: [],
    samples: ({ bufferedBytes }) => [[{}, bufferedBytes ]],
  },
  {
    type: 'Gauge', name: 'peers', help: 'Other workers with an open link.', labels: [],
    samples: ({ peers }) => [[{}, peers ]],
  },
  {
    type: 'Gauge', name: 'peer_queue_bytes', help: 'Bytes that another worker has not read yet.', labels: [ 'peer' ],
    samples: ({ links }) => links.map(({ number, queuedBytes }) => [{ peer: String(number ?? '(unknown)') }, queuedBytes ]),
  },
  {
    type: 'Gauge', name: 'process_resident_memory_bytes', help: 'Resident memory of the process.', labels: [],
    samples: worker => [[{}, worker.process.memory ]],
  },
  {
    type: 'Gauge', name: 'process_heap_used_bytes', help: 'Used part of the JavaScript heap.', labels: [],
    samples: worker => [[{}, worker.process.heap ]],
  },
  {
    type: 'Counter', name: 'process_cpu_seconds_total', help: 'CPU time of the process.', labels: [],
    samples: worker => [[{}, worker.process.cpu ]],
  },
  {
    type: 'Gauge', name: 'uptime_seconds', help: 'Uptime of the worker.', labels: [],
    samples: ({ uptime }) => [[{}, uptime ]],
  },
  {
    type: 'Gauge', name: 'event_loop_delay_seconds', help: 'Event-loop delay over the last 30 to 60 seconds.', labels: [ 'value' ],
    samples: ({ eventLoopDelay }) => byName('value', { ...eventLoopDelay }).map(([ labels, value ]) => [ labels, value / 1000 ]),
  },
];
