import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Context, Next } from 'koa';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/** The few files of `views/static/`, read once: a path is looked up, never opened, so none leads elsewhere. */
export function staticFiles() {
  const files = new Map<string, { body: Buffer; type: string }>();
  const folder = ['../../views/static', '../../../views/static']
    .map((path) => join(import.meta.dirname, path))
    .find(existsSync);
  if (folder === undefined) throw new Error('views/static is missing');
  for (const name of readdirSync(folder)) {
    const type = TYPES[extname(name)];
    if (type) files.set(`/static/${name}`, { body: readFileSync(join(folder, name)), type });
  }
  // A service worker reaches what lies beside and below it: it has to stand at the top.
  const worker = files.get('/static/sw.js');
  if (worker) files.set('/sw.js', worker);
  return async (ctx: Context, next: Next) => {
    const file = files.get(ctx.path);
    if (!file || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next();
    ctx.set('Cache-Control', ctx.path === '/sw.js' ? 'no-cache' : 'public, max-age=300');
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.type = file.type;
    ctx.body = file.body;
  };
}
