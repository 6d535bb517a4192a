import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';

import { ROOT_CERTIFICATE, serverCertificate } from './tls.ts';

export interface Received {
  method: string | undefined;
  path: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What the receiver does with a request: a status, headers; `hang` never answers. */
export type Reply = { status: number; headers?: Record<string, string>; body?: string } | 'hang';

/** An https endpoint of somebody else: it keeps what it got and answers as it is told. */
export interface Receiver {
  url: string;
  host: string;
  received: Received[];
  /** The replies to come, the first one first; 204 when there is none left. */
  replies: Reply[];
  /** Resolves once it got so many requests. */
  until(count: number): Promise<Received[]>;
  close(): Promise<void>;
}

/** As an operator would do for an authority of their own (NODE_EXTRA_CA_CERTS). */
export function trustTestAuthority(): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), ROOT_CERTIFICATE]);
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const replies: Reply[] = [];
  const waiting = new Set<() => void>();
  const { pem } = serverCertificate();
  const server = createServer(pem, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      received.push({ method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') });
      const reply = replies.shift() ?? { status: 204 };
      if (reply !== 'hang') response.writeHead(reply.status, reply.headers).end(reply.body);
      for (const check of waiting) check();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://localhost:${port}/cb`,
    host: `localhost:${port}`,
    received,
    replies,
    until: (count) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${received.length} of ${count} requests came`)), 30_000);
        const check = () => {
          if (received.length < count) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve(received);
        };
        waiting.add(check);
        check();
      }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
