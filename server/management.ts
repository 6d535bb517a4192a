import { createServer, type Server } from 'node:http';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** What one instance counts. No names of people or agents: a metric is read by more than an auditor. */
export interface Metrics {
  request(method: string, route: string, status: number, seconds: number): void;
  refusal(route: string, error: string): void;
  alarm(type: string, reason: string): void;
  /** One notice went out to a person, or did not get through. */
  notified(channel: string, result: string): void;
  /** A request waits in the inbox and was not announced. */
  suppressed(because: string): void;
}

/** What has to be there before this instance serves. */
export interface Readiness {
  database: boolean;
  /** It agrees with the database's. */
  clock: boolean;
}

/** The management endpoints (loopback): is it alive, can it serve, and its figures. */
export function management(ready: () => Promise<Readiness>): { metrics: Metrics; server: Server } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'countersign_request_seconds',
    help: 'Requests by method, first part of the path and status class.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers: [registry],
  });
  const refusals = new Counter({
    name: 'countersign_refusals_total',
    help: 'OAuth errors answered, by endpoint and error code.',
    labelNames: ['route', 'error'],
    registers: [registry],
  });
  const alarms = new Counter({
    name: 'countersign_alarms_total',
    help: 'What somebody has to look at, by type and reason: its evidence says more.',
    labelNames: ['type', 'reason'],
    registers: [registry],
  });
  const sent = new Counter({
    name: 'countersign_push_sent_total',
    help: 'Notices to people, by channel and result: sent, failed, gone (the address is no longer there).',
    labelNames: ['channel', 'result'],
    registers: [registry],
  });
  const suppressed = new Counter({
    name: 'countersign_push_suppressed_total',
    help: 'Requests that wait in an inbox without a notice, by reason.',
    labelNames: ['because'],
    registers: [registry],
  });
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: string, type = 'application/json') => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(body);
    };
    switch (request.url) {
      case '/health/live':
        return answer(200, '{"status":"up"}');
      case '/health/ready': {
        const { database, clock } = await ready().catch(() => ({ database: false, clock: true }));
        const say = (is: boolean) => (is ? 'up' : 'down');
        const isReady = database && clock;
        return answer(
          isReady ? 200 : 503,
          JSON.stringify({ status: say(isReady), database: say(database), ...(!clock && { clock: 'wrong' }) }),
        );
      }
      case '/metrics':
        return answer(200, await registry.metrics(), registry.contentType);
      default:
        return answer(404, '{"error":"not_found"}');
    }
  });
  return {
    metrics: {
      request: (method, route, status, seconds) =>
        requests.observe({ method, route, status: `${Math.floor(status / 100)}xx` }, seconds),
      refusal: (route, error) => refusals.inc({ route, error }),
      alarm: (type, reason) => alarms.inc({ type, reason }),
      notified: (channel, result) => sent.inc({ channel, result }),
      suppressed: (because) => suppressed.inc({ because }),
    },
    server,
  };
}
