/**
 * Metrics for Prometheus.
 *
 * @module egg-socketio/prometheus
 */
export { socketioMetrics, type SocketIOMetricsOptions } from './lib/telemetry/stats/prometheus';
