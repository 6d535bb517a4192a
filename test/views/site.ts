import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
  "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'; worker-src 'self'";

/** A site of sample pages, with the headers and static files of the real one. */
export interface Site {
  server: Server;
  base: string;
  /** What was posted, as fields. */
  posts: Record<string, string>[];
  inbox: string;
  /** Tells every page that listens, once one does. */
  announce: () => Promise<void>;
}

/** @param pages by their path */
export async function startSite(pages: Readonly<Record<string, string>>): Promise<Site> {
  const streams = new Set<import('node:http').ServerResponse>();
  const listening: (() => void)[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1);
    const html = path === 'inbox-live' ? site.inbox : pages[path];
    response.setHeader('content-security-policy', POLICY);
    if (request.method === 'POST') {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        site.posts.push(Object.fromEntries(new URLSearchParams(body)));
        setTimeout(() => response.end('done'), path === 'slow' ? 300 : 0);
      });
    } else if (path === 'inbox/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      streams.add(response);
      for (const heard of listening.splice(0)) heard();
      request.on('close', () => streams.delete(response));
    } else if (path.startsWith('static/')) {
      response.setHeader('content-type', TYPES[path.split('.').pop() ?? ''] ?? 'text/plain');
      response.end(readFileSync(new URL(`../../views/${path}`, import.meta.url)));
    } else {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.writeHead(html === undefined ? 404 : 200).end(html);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const site: Site = {
    server,
    base: `http://localhost:${(server.address() as AddressInfo).port}`,
    posts: [],
    inbox: '',
    async announce() {
      if (streams.size === 0) await new Promise<void>((resolve) => listening.push(resolve));
      for (const stream of streams) stream.write('event: inbox\ndata: {}\n\n');
    },
  };
  return site;
}

const TYPES: Record<string, string> = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' };
