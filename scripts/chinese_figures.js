'use strict';

// The Chinese for the sentences that the benchmark writes. Each `*` stands for a part that has its own translation; `$1` is its place.
// The first line that fits counts. A text that nothing fits is an error, so that a new sentence of the benchmark cannot stay English.
const SENTENCES = [
  // Titles
  [ 'Acked echoes of * bytes: *. Median of * rounds of *, * connections, one in flight on each.', '带 ack 的 $1 字节回显：$2。$3 轮、每轮 $4 次的中位数，$5 个连接，每个连接同时 1 个未确认。' ],
  [ 'Acked echoes of * bytes: *. Median of * rounds of *, * connections, * in flight on each.', '带 ack 的 $1 字节回显：$2。$3 轮、每轮 $4 次的中位数，$5 个连接，每个连接同时 $6 个未确认。' ],
  [ 'a handler that returns the message', '处理函数返回收到的消息' ],
  [ 'a handler that calls an injected service with the socket id', '处理函数以 socket id 调用注入的 service' ],
  [ 'the same handler inside two empty middlewares: interceptors in Nest, packet middleware in egg-socket.io', '同样的处理函数，外面有两个空的中间件：在 Nest 中是拦截器，在 egg-socket.io 中是 packet 中间件' ],
  [ 'a handler whose argument is validated with the same zod schema', '处理函数的参数由同一个 zod schema 校验' ],
  [ 'Broadcasts of * bytes to a room of *: median of * rounds of *, one in flight. Every receipt was counted.', '向有 $2 个成员的房间广播 $1 字节：$3 轮、每轮 $4 次的中位数，同时 1 个在途。每次收到都经过计数。' ],
  [ 'The heap of * idle connections in a namespace with four handlers, after garbage collection: median of * rounds.', '有四个处理函数的命名空间中 $1 个空闲连接的堆内存，垃圾回收之后测量：$2 轮的中位数。' ],
  [ 'The heap of * idle connections in a namespace with forty handlers, after garbage collection: median of * rounds.', '有四十个处理函数的命名空间中 $1 个空闲连接的堆内存，垃圾回收之后测量：$2 轮的中位数。' ],
  [ 'Clients that begin with WebSocket, until Socket.IO has answered CONNECT: median of * rounds of * clients, * at a time.', '直接使用 WebSocket 的客户端，直到 Socket.IO 响应 CONNECT：$1 轮、每轮 $2 个客户端的中位数，同时 $3 个。' ],
  [ 'Clients that begin with polling and upgrade, until Socket.IO has answered CONNECT and the upgrade is requested: median of * rounds of * clients, * at a time.', '先轮询再升级的客户端，直到 Socket.IO 响应 CONNECT 并发起升级：$1 轮、每轮 $2 个客户端的中位数，同时 $3 个。' ],
  [ 'Clients that begin with polling and upgrade, from * addresses, two workers: median of * rounds of * clients, * at a time, until the upgraded session has answered an event. All processes.', '先轮询再升级的客户端，来自 $1 个地址，两个 worker：$2 轮、每轮 $3 个客户端的中位数，同时 $4 个，直到升级后的会话响应一个事件。全部进程合计。' ],
  [ 'Starting a single-process Egg app with a controller of four handlers, until it listens: median (quartiles) of * starts. The plugin\'s share is the difference in the same round.', '启动一个单进程的 Egg 应用，其控制器有四个处理函数，直到开始监听：$1 次启动的中位数（四分位数）。插件所占的部分是同一轮中的差值。' ],
  [ 'Acked echoes of * bytes: median of * rounds of *, * connections on two workers, * in flight on each, * processes.', '带 ack 的 $1 字节回显：$2 轮、每轮 $3 次的中位数，两个 worker 上共 $4 个连接，每个连接同时 $5 个未确认，共 $6 个进程。' ],
  [ 'Broadcasts of * bytes to a room of clients on two workers: median (quartiles) of * rounds of *. The time is from the emit on one worker to the receipt by a client of the other. Every receipt was counted.', '向一个房间广播 $1 字节，其中的客户端分布在两个 worker 上：$2 轮、每轮 $3 次的中位数（四分位数）。时间从一个 worker 发送开始，到另一个 worker 的客户端收到为止。每次收到都经过计数。' ],
  [ '* Median (quartiles) of * rounds.', '$1$2 轮的中位数（四分位数）。' ],
  [ 'Acked echoes of * bytes in a namespace with a growing number of events, which the clients emit in turn: *', '带 ack 的 $1 字节回显，命名空间中的事件逐渐增多，客户端轮流发送它们：$2' ],
  [ 'Acked echoes of * bytes in a namespace with a growing number of controllers, each with one event, which the clients emit in turn: *', '带 ack 的 $1 字节回显，命名空间中的控制器逐渐增多，每个有一个事件，客户端轮流发送它们：$2' ],
  [ 'Acked echoes of * bytes in a growing number of namespaces, each with a controller, over which the clients are spread: *', '带 ack 的 $1 字节回显，命名空间逐渐增多，每个有一个控制器，客户端分布其中：$2' ],
  [ '* per turn, * connections, * in flight on each.', '每次 $1 个，$2 个连接，每个连接同时 $3 个未确认。' ],
  [ 'Acked echoes of * bytes from all sockets in turn, * in flight in all: * per turn; broadcasts of * bytes to all of them, one in flight: * deliveries per turn, at least two broadcasts; and * more clients that connect with WebSocket.', '所有 socket 轮流发送带 ack 的 $1 字节回显，总共同时 $2 个未确认，每次 $3 个；向所有 socket 广播 $4 字节，同时 1 个在途，每次 $5 次投递，至少两次广播；另有 $6 个客户端以 WebSocket 连接。' ],
  [ '* sockets that are all in the same growing number of rooms: *', '$1 个 socket，都在同样的房间中，房间逐渐增多：$2' ],
  [ '* sockets that are each in a growing number of rooms of their own: *', '$1 个 socket，各在自己的房间中，房间逐渐增多：$2' ],
  [ '* of each kind per turn, from all sockets in turn, * in flight in all.', '每次每种 $1 个，由所有 socket 轮流发送，总共同时 $2 个未确认。' ],
  [ 'Clusters with a growing number of workers, over which * clients are spread; CPU is that of all processes. Acked echoes of * bytes, * per turn, with one and with eight in flight on each connection; broadcasts of * bytes to all clients, * per turn, one in flight.', 'worker 逐渐增多的集群，$1 个客户端分布其中；CPU 为全部进程合计。带 ack 的 $2 字节回显，每次 $3 个，每个连接同时 1 个和 8 个未确认；向所有客户端广播 $4 字节，每次 $5 个，同时 1 个在途。' ],
  [ 'Workers in one process (CPU and heap are the sum of all) and * clients spread over them. * broadcasts of * bytes to all clients per turn, one in flight; as many calls of fetchSockets(), and of serverSideEmit() with an ack, eight in flight.', '同一进程中的多个 worker（CPU 和堆内存为合计），$1 个客户端分布其中。每次向所有客户端广播 $2 次，每次 $3 字节，同时 1 个在途；调用 fetchSockets() 和带 ack 的 serverSideEmit() 的次数相同，同时 8 个在途。' ],
  [ 'Milliseconds until Socket.IO has answered CONNECT, p50 / p99 of * clients of each kind, one client every * ms, two workers. "Taken over" counts the upgrading clients whose WebSocket reached another worker than their polling; the rest of them are relayed.', '直到 Socket.IO 响应 CONNECT 的毫秒数，每种客户端 $1 个的 p50 / p99，每 $2 ms 一个客户端，两个 worker。“被接管”统计的是 WebSocket 与轮询到达不同 worker 的升级客户端，其余的由一个 worker 转发。' ],
  [ 'Targets: * met, * MISSED, * not measured. Ratios to plain Socket.IO, medians, unless the row says otherwise.', '目标：$1 项达到，$2 项未达到，$3 项未测量。除非该行另有说明，均为与原生 Socket.IO 之比的中位数。' ],
  [ 'The cost of one client at each default limit: server CPU from the first byte to the last, and the memory that it then holds, after garbage collection.', '一个客户端达到各项默认限制时的代价：服务端从第一个字节到最后一个字节的 CPU，以及此后在垃圾回收之后仍占用的内存。' ],
  [ 'Each fast path, left out alone: median of * rounds, in * starts of all servers.', '每次只去掉一条快速路径：$1 轮的中位数，全部服务端启动 $2 次。' ],

  // Replicas, and deploys
  [ 'Connection state recovery with and without replicas: median of * rounds, * connections on two workers.', '有副本和没有副本的连接状态恢复：$1 轮的中位数，两个 worker 上共 $2 个连接。' ],
  [ 'The standby has # sessions of the other worker, which take # bytes each at first, and # bytes with the packets of the whole run.', 'standby 保存了另一个 worker 的 $1 个会话，每个起初占用 $2 字节，加上整轮测试的数据包后占用 $3 字节。' ],
  [ 'CPU µs, all processes', 'CPU（µs），全部进程' ],
  [ 'CPU, all processes', 'CPU，全部进程' ],
  [ 'The effects of a deploy on clients', '一次部署对客户端的影响' ],
  [ '# clients, a third each with polling only, an upgrade, and WebSocket only, with socket.io-client\'s own delays; # workers, which broadcast four times a second together and send each client a numbered message once a second.', '$1 个客户端，只用轮询、升级、只用 WebSocket 的各占三分之一，使用 socket.io-client 自己的延迟；$2 个 worker，它们总共每秒广播四次，并且每秒一次向每个客户端发送带编号的消息。' ],
  [ 'acked echo that changes ctx.data', '修改 ctx.data 的带 ack 的回显' ],
  [ 'acked echo', '带 ack 的回显' ],
  [ 'event for one client', '发给一个客户端的事件' ],
  [ 'broadcast to all', '向全部客户端广播' ],
  [ 'leaving and joining a room', '离开并加入房间' ],
  [ 'no replicas', '没有副本' ],
  [ 'replicas, order \'before\'', '有副本，order 为 \'before\'' ],
  [ 'replicas, order \'after\'', '有副本，order 为 \'after\'' ],
  [ 'replicas', '副本' ],
  [ 'work', '工作' ],
  [ 'System', '系统' ],
  [ 'Deploy', '部署' ],
  [ 'Disconnected', '断开' ],
  [ 'Recovered', '恢复' ],
  [ 'New session', '新会话' ],
  [ 'Events missed', '错过的事件' ],
  [ 'Doubled', '重复' ],
  [ 'Not back', '没有回来' ],
  [ 'Outage p50, s', '中断 p50（s）' ],
  [ 'p95, s', 'p95（s）' ],
  [ 'Socket.IO, sticky and cluster-adapter', 'Socket.IO、sticky 和 cluster-adapter' ],
  [ 'SIGTERM to a worker', '向一个 worker 发送 SIGTERM' ],
  [ 'SIGKILL to a worker', '向一个 worker 发送 SIGKILL' ],
  [ 'rolling restart', '滚动重启' ],
  [ 'stop and start', '停止再启动' ],

  // Sizing
  [ 'The cost of an idle connection in a worker: * connections, median of * rounds.', '一个空闲连接在 worker 中占用的资源：$1 个连接，$2 轮的中位数。' ],
  [ 'connection', '连接' ],
  [ 'descriptors', '描述符' ],
  [ 'memory in use, kB', '使用中的内存（kB）' ],
  [ 'resident memory, kB', '常驻内存（kB）' ],
  [ 'CPU of 1000, % of a core', '每 1000 个连接的 CPU（核的 %）' ],
  [ 'polling, with its poll open', '轮询，其轮询请求处于打开状态' ],
  [ 'Memory in use is the heap and the buffers outside it, after garbage collection; resident memory has the rest of the process too. Neither has the buffers of the operating system.', '使用中的内存是垃圾回收之后的堆和堆外缓冲区；常驻内存还包括进程的其余部分。两者都不包括操作系统的缓冲区。' ],
  [ 'CPU is that of the pings, every * seconds; it was measured with one each second.', 'CPU 是每 $1 秒一次的 ping 的开销，以每秒一次测得。' ],
  [ 'Recovery: a session whose client has left takes * kB; a packet of * bytes counts as *, and takes *.', '恢复：客户端已离开的会话占用 $1 kB；$2 字节的数据包按 $3 字节计，实际占用 $4 字节。' ],

  // Fast paths
  [ 'Not to be told from the control in this run, whose median lies between the quartiles: *.', '这次测量中与对照无法区分，即对照的中位数在四分位数之间：$1。' ],
  [ 'Workload “*”: *.', '负载“$1”：$2。' ],
  [ 'none (control)', '无（对照）' ],
  [ 'fast path', '快速路径' ],
  [ 'file', '文件' ],
  [ 'figure', '指标' ],
  [ 'with it', '有' ],
  [ 'without it', '没有' ],
  [ 'CPU µs per event', '每个事件的 CPU（µs）' ],
  [ 'CPU ms', 'CPU（ms）' ],
  [ 'event with a service', '带 service 的事件' ],
  [ 'event, one in flight', '事件，同时 1 个' ],
  [ 'event, 16 in flight', '事件，同时 16 个' ],
  [ 'event, compressed', '事件，压缩' ],
  [ 'asynchronous event', '异步事件' ],
  [ 'event with middleware', '带中间件的事件' ],
  [ 'broadcast', '广播' ],
  [ 'idle connection', '空闲连接' ],
  [ 'broadcast, two workers', '广播，两个 worker' ],
  [ 'broadcasts of one turn, two workers', '同一轮次中的多个广播，两个 worker' ],
  [ 'emit to one client, two workers', '发给一个客户端，两个 worker' ],
  [ 'start', '启动' ],
  [ 'contexts with the socket\'s members on a prototype, and with request and response when they are used', '上下文的 socket 成员在原型上，request 和 response 在使用时才创建' ],
  [ 'request and response of a context when they are used', '上下文的 request 和 response 在使用时才创建' ],
  [ 'services on a prototype', 'service 在原型上' ],
  [ 'a packet that need not wait bypasses Engine.IO\'s buffer', '无需等待的数据包绕过 Engine.IO 的缓冲' ],
  [ 'waiting bytes are counted where they enter the buffer', '等待的字节在进入缓冲处统计' ],
  [ 'the packets of a client in one write', '一个客户端的多个数据包一次写出' ],
  [ 'no promise for a synchronous event', '同步的事件没有 promise' ],
  [ 'a rate limit reads the clock only when it is reached', '速率限制只在达到时读取时钟' ],
  [ 'brackets are counted in long packets only', '只在长的数据包中统计括号' ],
  [ 'a newer ws than Engine.IO\'s', '比 Engine.IO 更新的 ws' ],
  [ 'one timer for the time-outs of all events', '所有事件的超时共用一个定时器' ],
  [ 'one promise for the result and the deadline', '结果与期限共用一个 promise' ],
  [ 'no promise for a step after a promise', 'promise 之后的步骤没有另一个 promise' ],
  [ 'clients are tracked only while another worker cannot keep up', '只在其他 worker 跟不上时才追踪客户端' ],
  [ 'the frame of a broadcast in one piece', '广播的帧是一整块' ],
  [ 'a single room without a list of visited sockets', '单个房间没有已访问 socket 的列表' ],
  [ 'one function instead of a listener per event', '用一个函数代替每个事件的监听器' ],
  [ 'a broadcast is encoded once for all workers', '广播为所有 worker 只编码一次' ],
  [ 'messages between workers without the names of their parts', 'worker 之间的消息不带各部分的名称' ],
  [ 'the messages of one turn to a worker in one write', '同一轮次中发给一个 worker 的消息一次写出' ],
  [ 'an event for one client stays on its worker', '发给一个客户端的事件留在它的 worker' ],
  [ 'modules that only some apps use are loaded by those only', '只有部分应用使用的模块只由这些应用加载' ],
  [ '* connections, one in flight on each', '$1 个连接，每个连接同时 1 个未确认' ],
  [ '* connections, # in flight on each', '$1 个连接，每个连接同时 $2 个未确认' ],
  [ 'acked echoes', '带 ack 的回显' ],
  [ 'acked echoes through an injected service, in an app with ten', '带 ack 的回显，经过注入的 service，应用有十个 service' ],
  [ 'acked echoes to clients that have agreed on compression', '带 ack 的回显，客户端已协商压缩' ],
  [ 'acked echoes of an asynchronous handler', '带 ack 的回显，处理函数是异步的' ],
  [ 'acked echoes through an injected service, inside two asynchronous middlewares', '带 ack 的回显，经过注入的 service，外面有两个异步的中间件' ],
  [ 'broadcasts of # bytes to a room of #, one in flight', '向有 $2 个成员的房间广播 $1 字节，同时 1 个在途' ],
  [ 'broadcasts of # bytes to # clients, on two workers in one process, one in flight', '向 $2 个客户端广播 $1 字节，两个 worker 在同一进程中，同时 1 个在途' ],
  [ 'the same, # broadcasts by each event', '同上，每个事件广播 $1 次' ],
  [ 'events for the sender alone, on two workers in one process, with connection state recovery', '只发给发送者自己的事件，两个 worker 在同一进程中，启用连接状态恢复' ],
  [ '# connections, # in flight', '$1 个连接，总共同时 $2 个' ],
  [ 'idle connections in a namespace with forty handlers, after garbage collection', '有四十个处理函数的命名空间中的空闲连接，垃圾回收之后测量' ],
  [ 'the start of an app with a controller, until it listens', '启动一个有控制器的应用，直到开始监听' ],

  // Notes
  [ '* compared with each other system, as a ratio in the same round: *.', '$1 与其他各个系统在同一轮中的比值：$2。' ],
  [ 'Clients per worker *, in flight *: *. Against *: *.', '每个 worker $1 个客户端，同时 $2 个在途：$3。与 $4 相比：$5。' ],
  [ 'cpu # (target ≤ #: *), *', 'CPU $1（目标 ≤ $2：$3），$4' ],
  [ 'p50 # (target ≤ #: *)', 'p50 $1（目标 ≤ $2：$3）' ],
  [ 'A session that was taken over, against WebSocket only: *, the target is ≤ *: *.', '被接管的会话与只用 WebSocket 的会话之比：$1，目标 ≤ $2：$3。' ],
  [ '*: #, the target is ≤ #: *.', '$1：$2，目标 ≤ $3：$4。' ],
  [ 'Plain Socket.IO runs its handler in an AsyncLocalStorage here. *', '这里的原生 Socket.IO 在 AsyncLocalStorage 中运行处理函数。$1' ],
  [ 'Its service is a plain object; the floor has none.', '它的 service 是普通对象；下限没有 service。' ],
  [ 'It and the floor have no middleware.', '它和下限都没有中间件。' ],
  [ 'Plain Socket.IO, Midway and egg-socket.io validate in the handler, Nest in a pipe, and the floor does not validate.', '原生 Socket.IO、Midway 和 egg-socket.io 在处理函数中校验，Nest 在 pipe 中校验，下限不校验。' ],
  [ 'The floor encodes one frame and writes it to all sockets.', '下限只编码一个帧，再把它写给所有 socket。' ],
  [ 'This is `heapUsed`, without buffers and without the memory that the operating system uses for a connection.', '这里是 `heapUsed`，不含 buffer，也不含操作系统为连接使用的内存。' ],
  [ 'Heap is `heapUsed` and `external` after garbage collection; the memory target refers to it.', '堆内存是垃圾回收之后的 `heapUsed` 与 `external`；内存的目标以它为准。' ],
  [ 'Memory is the heap and the buffers outside it (`heapUsed` and `external`), without the memory that the operating system uses for a connection.', '内存是堆以及堆外的 buffer（`heapUsed` 与 `external`），不含操作系统为连接使用的内存。' ],
  [ '* is left out because it has no polling.', '没有列出$1，因为它没有轮询。' ],
  [ '* lost sessions: *.', '$1 丢失了会话：$2。' ],
  [ 'Redis * on the same machine, through its own port.', '同一台机器上的 Redis $1，经由它自己的端口。' ],
  [ 'A change of at most × * is called flat.', '变化不超过 × $1 称为持平。' ],
  [ 'By default, a socket may be in at most 1000 rooms.', '默认情况下，一个 socket 最多在 1000 个房间中。' ],
  [ 'The clients are the same in all cases, so the number of deliveries does not change with the number of workers.', '各种情况下的客户端相同，因此投递的次数不随 worker 的数量变化。' ],
  [ 'Without connections, messages are encoded and decoded as on links, but not written.', '没有连接时，消息与在链路上一样编码和解码，但不写出。' ],
  [ 'With few sockets, few deliveries share a broadcast\'s own cost, and their heap is smaller than its variation.', 'socket 很少时，分摊广播自身开销的投递也少，而且它们的堆内存比其波动还小。' ],
  [ '× # (*)', '× $1（$2）' ],
  [ '*: each further one adds *: *.', '$1：每增加一个，增加的 $2 数：$3。' ],
  [ '*: flat, *.', '$1：持平，$2。' ],
  [ '*: falls, *.', '$1：下降，$2。' ],
  [ '*: GROWS, *, as n^*.', '$1：增长，$2，按 n^$3。' ],
  [ '*; *', '$1；$2' ],
  [ 'ahead of *', '领先于 $1' ],
  [ 'level with *', '持平于 $1' ],
  [ 'BEHIND *', '落后于 $1' ],
  [ 'above the floor by *', '为下限的 $1 倍' ],
  [ '* up to *, *', '到 $2 为 $1，$3' ],
  [ '* up to *', '到 $2 为 $1' ],

  // Heads of tables, and charts
  [ '*, ratio to *', '$1，与 $2 之比' ],
  [ '*: less is better', '$1：越小越好' ],
  [ 'Growth with *', '随$1的增长' ],
  [ 'ratio to *', '与 $1 之比' ],
  [ 'ratios to window 0', '与窗口期 0 之比' ],
  [ 'ratio in the same round', '同一轮中的比值' ],
  [ 'clients per worker / in flight', '每个 worker 的客户端 / 在途' ],
  [ 'of it outside the workers', '其中 worker 之外' ],
  [ '*, Redis * of it', '$1，其中 Redis $2' ],
  [ 'loopback', '本机回环' ],
  [ 'CPU per client that upgrades', '每个升级的客户端的 CPU' ],
  [ 'CPU µs per event with an ack', '每个带 ack 的事件的 CPU（µs）' ],
  [ 'CPU µs per client of a broadcast', '广播到每个客户端的 CPU（µs）' ],
  [ 'CPU µs per delivery', '每次投递的 CPU（µs）' ],
  [ 'CPU µs per delivery of a broadcast to all', '向全部 socket 广播时每次投递的 CPU（µs）' ],
  [ 'CPU µs per broadcast to a room of one', '每次向单成员房间广播的 CPU（µs）' ],
  [ 'CPU µs per leave and join of a room', '每次离开并加入房间的 CPU（µs）' ],
  [ 'CPU µs per further handshake', '每次新增握手的 CPU（µs）' ],
  [ 'CPU µs per handshake', '每次握手的 CPU（µs）' ],
  [ 'CPU µs per client', '每个客户端的 CPU（µs）' ],
  [ 'CPU µs per serverSideEmit() with ack', '每次带 ack 的 serverSideEmit() 的 CPU（µs）' ],
  [ 'CPU µs per fetchSockets()', '每次 fetchSockets() 的 CPU（µs）' ],
  [ 'CPU µs per broadcast', '每次广播的 CPU（µs）' ],
  [ 'CPU per broadcast', '每次广播的 CPU' ],
  [ 'CPU µs per echo', '每次回显的 CPU（µs）' ],
  [ 'CPU per echo', '每次回显的 CPU' ],
  [ 'kB of heap per connection', '每个连接的堆内存（kB）' ],
  [ 'kB of heap per socket', '每个 socket 的堆内存（kB）' ],
  [ 'MiB of heap without connections', '没有连接时的堆内存（MiB）' ],
  [ 'MiB of heap per worker', '每个 worker 的堆内存（MiB）' ],
  [ 'MiB of heap', '堆内存（MiB）' ],
  [ 'MiB of RSS', 'RSS（MiB）' ],
  [ 'ms until an Egg app listens', 'Egg 应用开始监听所需的时间（ms）' ],
  [ 'share: *', '插件占：$1' ],
  [ 'all processes', '全部进程' ],
  [ 'one in flight', '同时 1 个' ],
  [ 'eight in flight', '同时 8 个' ],
  [ 'quartiles', '四分位数' ],
  [ 'system', '系统' ],
  [ 'processes', '进程数' ],
  [ 'sessions lost', '丢失的会话' ],
  [ 'app', '应用' ],
  [ 'session', '会话' ],
  [ 'adapter', '适配器' ],
  [ 'p50 µs', 'p50（µs）' ],
  [ 'p99 µs', 'p99（µs）' ],
  [ 'CPU ratio', 'CPU 之比' ],
  [ 'p50 ratio', 'p50 之比' ],
  [ 'p99 ratio', 'p99 之比' ],
  [ 'events in a namespace', '命名空间中的事件数' ],
  [ 'controllers in a namespace', '命名空间中的控制器数' ],
  [ 'namespaces', '命名空间数' ],
  [ 'sockets', 'socket 数' ],
  [ 'rooms of a socket', '每个 socket 的房间数' ],
  [ 'rooms in all', '房间总数' ],
  [ 'workers', 'worker 数' ],
  [ 'round trip', '往返时间' ],
  [ 'window', '窗口期' ],
  [ 'polling', '只用轮询' ],
  [ 'upgrading', '升级' ],
  [ 'websocket', 'WebSocket' ],
  [ 'taken over', '被接管' ],
  [ 'workload', '负载' ],
  [ 'target', '目标' ],
  [ 'measured', '实测' ],
  [ 'result', '结果' ],
  [ 'limit', '限制' ],
  [ 'default', '默认值' ],
  [ 'a client that', '客户端' ],
  [ 'CPU, ms', 'CPU（ms）' ],
  [ 'memory, MB', '内存（MB）' ],

  // Rows of tables
  [ '# of *', '$1 / $2' ],
  [ '# a second', '每秒 $1' ],
  [ '*, Redis # of it', '$1，其中 Redis $2' ],
  [ 'bytes', '字节' ],
  [ 'off', '关闭' ],
  [ 'met', '达到' ],
  [ 'MISSED', '未达到' ],
  [ 'not measured', '未测量' ],
  [ 'Egg without it', '没有插件的 Egg' ],
  [ 'Egg with the plugin', '有插件的 Egg' ],
  [ 'WebSocket only', '只用 WebSocket' ],
  [ 'upgraded on its own worker', '在自己的 worker 上升级' ],
  [ 'upgraded on the other worker, which took it over', '在另一个 worker 上升级，由它接管' ],
  [ 'upgraded there too late: relayed', '在另一个 worker 上升级得太晚：一直转发' ],
  [ 'embedded adapter', '内置适配器' ],
  [ 'ten of them in use', '其中十个在使用' ],
  [ 'linked by connections', '以连接相连' ],
  [ 'without connections', '没有连接' ],
  [ 'acked echo, # in flight a connection', '带 ack 的回显，每个连接同时 $1 个未确认' ],
  [ 'acked echo, # in flight in all', '带 ack 的回显，总共同时 $1 个未确认' ],
  [ '… with ctx, injection and a service, against *', '…… 使用 ctx、注入和 service，与 $1 之比' ],
  [ 'plain Socket.IO in an AsyncLocalStorage', '在 AsyncLocalStorage 中运行的原生 Socket.IO' ],
  [ '… with two middlewares more', '…… 另有两个中间件' ],
  [ 'broadcast to a room of #, CPU per delivery', '向有 $1 个成员的房间广播，每次投递的 CPU' ],
  [ 'heap per idle connection, four handlers', '每个空闲连接的堆内存，四个处理函数' ],
  [ 'heap per idle connection, forty handlers', '每个空闲连接的堆内存，四十个处理函数' ],
  [ 'handshake, WebSocket', '握手，WebSocket' ],
  [ 'handshake, polling then upgrade, # workers, against *', '握手，先轮询再升级，$1 个 worker，对比 $2' ],
  [ '… sessions lost', '…… 丢失的会话' ],
  [ 'echo on a session that was taken over, # workers, against *', '被接管的会话上的回显，$1 个 worker，对比 $2' ],
  [ 'broadcast to another worker, CPU, against *, # a worker, # in flight', '到另一个 worker 的广播，CPU，对比 $1，每个 worker $2 个，同时 $3 个在途' ],
  [ 'broadcast to another worker, latency p50, against *, # a worker, # in flight', '到另一个 worker 的广播，延迟 p50，对比 $1，每个 worker $2 个，同时 $3 个在途' ],
  [ 'the plugin\'s share of a boot, ms', '插件在启动中所占的时间（ms）' ],
  [ 'the plugin\'s share of a boot, MiB of heap', '插件在启动中所占的堆内存（MiB）' ],
  [ 'holds one connection and does nothing', '保持一个连接，什么都不做' ],
  [ 'sends small events at the highest rate, without waiting for acks', '以最高速率发送小事件，不等待 ack' ],
  [ 'sends bytes at the highest rate, in events of * kB', '以最高速率发送字节，每个事件 $1 kB' ],
  [ 'sends the most packets in one polling request: unexpected acks', '在一个轮询请求中发送最多的数据包：没有人等待的 ack' ],
  [ 'sends an event with the most arguments', '发送参数最多的事件' ],
  [ 'sends * events with the longest names, all different', '发送 $1 个事件，名称最长且各不相同' ],
  [ 'connects to one namespace with the largest `auth`', '以最大的 `auth` 连接一个命名空间' ],
  [ 'connects to namespaces with the most `auth` in all', '连接多个命名空间，`auth` 总量最大' ],
  [ 'is held in the connection middleware of the most namespaces', '停留在最多命名空间的连接中间件中' ],
  [ 'is connected to the most namespaces', '连接了最多的命名空间' ],
  [ 'is alone in the most rooms', '独自加入最多的房间' ],
  [ 'sends events of * kB while a connection handler does not finish', '在连接处理函数没有完成期间发送 $1 kB 的事件' ],
  [ 'reads nothing while it is sent messages of * kB', '不读取发给它的 $1 kB 的消息' ],
  [ 'announces * attachments of * kB and sends *', '声明 $1 个 $2 kB 的附件，只发送 $3 个' ],
  [ 'sends an event with the deepest nesting', '发送嵌套最深的事件' ],
  [ 'has sent * events whose handler does not finish', '已发送 $1 个事件，其处理函数没有完成' ],
  [ 'does not ack * events from the server', '不确认服务端的 $1 个事件' ],

  // Systems, and what is left of a list
  [ 'bare ws (floor)', '裸 ws（下限）' ],
  [ '* (control)', '$1（对照）' ],
  [ 'plain Socket.IO', '原生 Socket.IO' ],
  [ 'egg-socket.io (Socket.IO 2)', 'egg-socket.io（Socket.IO 2）' ],
  [ '* in cpu (#), *', '$1 的 CPU（$2）、$3' ],
  [ '* in cpu (#)', '$1 的 CPU（$2）' ],
  [ '* in p50 (#), *', '$1 的 p50（$2）、$3' ],
  [ '* in p50 (#)', '$1 的 p50（$2）' ],
  [ '* in p99 (#), *', '$1 的 p99（$2）、$3' ],
  [ '* in p99 (#)', '$1 的 p99（$2）' ],
  [ '* (#), *', '$1（$2）、$3' ],
  [ '* (#)', '$1（$2）' ],
  [ '*, *', '$1，$2' ],
  [ '*: *', '$1：$2' ],
];

/** Texts that are the same in Chinese: figures, code, addresses, and the names of systems. */
const SAME = [
  /^[-\d.,:;/%≤× –]*$/, /^-?[\d.]+ \([-\d. –]+\)$/, /^\d+k$/, /^\d+ ms$/, /^`\w+`$/, /^(perSecond|burst) \d+$/, /^`lib\/[\w/.]+`$/, /^@[\w/.-]+$/, /^egg-socketio$/, /^egg-socket\.io$/,
  /^egg-scripts --sticky$/, /^(IP hash|TLS|WebSocket|Midway|Nest)$/, /^(kB|µs|ms)$/, /^(socket hang up|no answer)$/,
];

const escape = text => text.replace(/[.()^?+|$]/g, '\\$&');
const PATTERNS = SENTENCES.map(([ english, chinese ]) => (
  [ new RegExp(`^${escape(english).replace(/\*/g, '(.+?)').replace(/#/g, '([-\\d.]+)')}$`), chinese ]
));

/** Chinese as it is set: a space beside Latin letters and digits, none beside other Chinese and its punctuation. */
function space(text) {
  return text
    .replace(/(\p{Script=Han})(?=[A-Za-z0-9`@≤×])/gu, '$1 ')
    .replace(/([A-Za-z0-9`)])(?=\p{Script=Han})/gu, '$1 ')
    .replace(/([\p{Script=Han}，。：；、（）“”]) (?=[\p{Script=Han}，。：；、（）“”])/gu, '$1')
    .replace(/ (?=[，。：；、（）])|(?<=[，。：；、（）]) /gu, '');
}

/**
 * @param {string} text - that the benchmark has written: a title, a note, a cell of a table, or a text of a chart
 * @return {string} the same in Chinese
 */
function translate(text) {
  if (SAME.some(pattern => pattern.test(text))) return text;
  for (const [ pattern, chinese ] of PATTERNS) {
    const found = pattern.exec(text);
    if (found) return space(chinese.replace(/\$(\d)/g, (_, n) => translate(found[n])));
  }
  throw new Error(`scripts/chinese_figures.js has no Chinese for “${text}”: add it to SENTENCES`);
}

/** The names and versions that describe a run, in parentheses. */
function translateRun(text) {
  return space(`（${text.slice(1, -1).replaceAll(', ', '，').replace(/([\w.-]+) with (\S+)/g, '$1 的 $2').replace(/(\w+) of ([\w-]+)/g, '$2 的 $1')}）`);
}

/** A line of Markdown that the benchmark has written. */
function translateLine(line) {
  if (line === '' || /^\|[-:| ]+\|$/.test(line)) return line;
  if (line.startsWith('|')) return `| ${line.slice(1, -1).split('|').map(cell => translate(cell.trim())).join(' | ')} |`;
  if (line.startsWith('- ')) return `- ${translate(line.slice(2))}`;
  if (line.startsWith('(')) return translateRun(line);
  const [ , alt, image ] = /^!\[(.+)\]\((.+)\)$/.exec(line) ?? [];
  return image ? `![${translate(alt)}](${image})` : translate(line);
}

/** A section of a page, with its table. */
const translateSection = text => text.split('\n').map(translateLine).join('\n');

/** The texts of a chart. */
const translateChart = svg => svg.replace(/(<(?:text|title)[^>]*>)([^<]+)/g, (_, tag, text) => tag + translate(text));

module.exports = { translateChart, translateSection };
