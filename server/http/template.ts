import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Which templates and style sheet draw the pages: the release, and the first characters of the style sheet's SHA-256. */
export function templateVersion(): string {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const style = createHash('sha256').update(read('views/static/app.css')).digest('base64url').slice(0, 12);
  return `${version}/${style}`;
}

/** From the sources or from the build beside them. */
function read(path: string): string {
  const found = ['../..', '../../..'].map((root) => join(import.meta.dirname, root, path)).find(existsSync);
  if (found === undefined) throw new Error(`${path} is missing`);
  return readFileSync(found, 'utf8');
}
