export { socketioMetrics, type SocketIOMetricsOptions } from './lib/stats/prometheus';
