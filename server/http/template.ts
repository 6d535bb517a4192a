import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What pages are drawn with, named by its SHA-256 in base64url. */
export interface StyleSheet {
  hash: string;
  css: string;
}

/** The style sheets of all releases: what was seen with one is shown again with it. */
export interface StyleSheetStore {
  /** Once each. */
  keep(sheet: StyleSheet): Promise<void>;
  find(hash: string): Promise<StyleSheet | undefined>;
}

/** The style sheet of this release. */
export function currentStyleSheet(): StyleSheet {
  const css = read('views/static/app.css');
  return { hash: createHash('sha256').update(css).digest('base64url'), css };
}

/** Where one style sheet stays for ever: another text has another address. */
export const styleSheetPath = (hash: string): string => `/static/styles/${hash}.css`;

/** Which templates and style sheet draw the pages: the release, and the first characters of the style sheet's hash. */
export function templateVersion({ hash }: StyleSheet): string {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  return `${version}/${hash.slice(0, 12)}`;
}

/** From the sources or from the build beside them. */
function read(path: string): string {
  const found = ['../..', '../../..'].map((root) => join(import.meta.dirname, root, path)).find(existsSync);
  if (found === undefined) throw new Error(`${path} is missing`);
  return readFileSync(found, 'utf8');
}
