export { socketioMetrics, type SocketIOMetricsOptions } from './lib/telemetry/stats/prometheus';
