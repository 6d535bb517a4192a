import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Context, Next } from 'koa';

import type { StyleSheetStore } from './template.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/** Its address names its content. */
const FOR_EVER = 'public, max-age=31536000, immutable';

/** Style sheets that are kept here: of so many releases screens are looked at at one time. */
const KEPT = 16;

/**
 * The few files of `views/static/`, read once: a path is looked up, never opened, so none leads elsewhere. Beside them the
 * style sheets of all releases, for what was seen with them.
 */
export function staticFiles(styleSheets: Pick<StyleSheetStore, 'find'>) {
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
  /** The one asked for longest ago first. They never change: another text has another address. */
  const kept = new Map<string, Buffer>();
  const sheetOf = async (hash: string): Promise<Buffer | undefined> => {
    const found = kept.has(hash) ? undefined : await styleSheets.find(hash);
    const body = kept.get(hash) ?? (found && Buffer.from(found.css));
    if (!body) return undefined;
    kept.delete(hash);
    kept.set(hash, body);
    for (const [oldest] of kept) if (kept.size > KEPT) kept.delete(oldest);
    return body;
  };
  return async (ctx: Context, next: Next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
    const [, hash] = /^\/static\/styles\/([A-Za-z0-9_-]{43})\.css$/.exec(ctx.path) ?? [];
    const sheet = hash === undefined ? undefined : await sheetOf(hash);
    const file = sheet ? { body: sheet, type: TYPES['.css'] as string } : files.get(ctx.path);
    if (!file) return next();
    ctx.set('Cache-Control', sheet ? FOR_EVER : ctx.path === '/sw.js' ? 'no-cache' : 'public, max-age=300');
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.type = file.type;
    ctx.body = file.body;
  };
}
