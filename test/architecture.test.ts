import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '..');

/** Features of `server/`, each of which may use what stands to its left. Vocabulary, transport and keys know no feature. */
const ORDER = [
  'oauth',
  'keys',
  'evidence',
  'jobs',
  'people',
  'agents',
  'catalogue',
  'tasks',
  'delegation',
  'approvals',
  'notifications',
  'redemptions',
  'admin',
];

/** Top-level folders and the folders they may know. Root files of `server/` wire, so they may know all of it. */
const FOLDERS: Record<string, readonly string[]> = {
  views: ['views'],
  grants: ['grants', 'server'],
  adapters: ['adapters', 'server'],
  migrations: ['migrations'],
};

interface Import {
  from: string;
  to: string;
}

const imports: Import[] = globSync('{server,grants,adapters,views,migrations}/**/*.{ts,tsx}', { cwd: root }).flatMap(
  (file) =>
    // Imports of every form: of values, of types, for their effect, passed on, or at run time.
    [
      ...readFileSync(join(root, file), 'utf8').matchAll(
        /(?:^(?:import|export) (?:[^;]*?from )?|\bimport\()'(\.[^']+)'/gms,
      ),
    ].map(([, target]) => ({
      from: file,
      to: relative(root, join(root, dirname(file), target ?? '')),
    })),
);

const isRoot = (file: string) => /^server\/[^/]+\.ts$/.test(file);
const top = (file: string) => file.split('/')[0] ?? '';
const feature = (file: string) => file.split('/')[1] ?? '';
const said = ({ from, to }: Import) => `${from} → ${to}`;

test('there is something to look at', () => {
  expect(imports.length).toBeGreaterThan(300);
});

test('the README leads to every page of the documentation, and nowhere else', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const links = [...readme.matchAll(/\]\(([A-Za-z][\w./-]*)[)#]/gu)].map(([, to]) => to ?? '');
  const pages = globSync('docs/*.md', { cwd: root });
  expect(pages.filter((page) => !links.includes(page))).toEqual([]);
  expect(links.filter((to) => !existsSync(join(root, to)))).toEqual([]);
});

describe('who may know whom (style.md C.3)', () => {
  test.each(Object.entries(FOLDERS))('%s/ knows only %s', (folder, allowed) => {
    const strangers = imports.filter(({ from, to }) => top(from) === folder && !allowed.includes(top(to)));
    expect(strangers.map(said)).toEqual([]);
  });

  test('a feature of server/ knows only server/ and views/: what it needs stored or reached, it says as an interface', () => {
    const strangers = imports.filter(
      ({ from, to }) =>
        top(from) === 'server' &&
        !isRoot(from) &&
        !['cli', 'setup'].includes(feature(from)) &&
        !['server', 'views'].includes(top(to)),
    );
    expect(strangers.map(said)).toEqual([]);
  });

  test('nobody but root files, the command line and tests knows the root files of server/', () => {
    const strangers = imports.filter(
      ({ from, to }) => isRoot(to) && !isRoot(from) && !/^server\/(cli|setup)\//.test(from),
    );
    expect(strangers.map(said)).toEqual([]);
  });

  test.each(ORDER)('server/%s uses only what stands to its left', (name) => {
    const strangers = imports.filter(({ from, to }) => {
      if (top(from) !== 'server' || isRoot(from) || feature(from) !== name || top(to) !== 'server' || isRoot(to))
        return false;
      const other = feature(to);
      return other !== name && other !== 'http' && ORDER.indexOf(other) > ORDER.indexOf(name);
    });
    expect(strangers.map(said)).toEqual([]);
  });

  test('every folder of server/ has its place in the order', () => {
    const folders = new Set(globSync('server/*/*.ts', { cwd: root }).map(feature));
    expect([...folders].filter((name) => !['http', 'cli', 'setup', ...ORDER].includes(name))).toEqual([]);
  });

  test('server/oauth is vocabulary, and depends on no speaker; nor do keys and evidence on a transport', () => {
    const strangers = imports.filter(
      ({ from, to }) => /^server\/(oauth|keys|evidence)\//.test(from) && !/^server\/(oauth|keys|evidence)\//.test(to),
    );
    expect(strangers.map(said)).toEqual([]);
    const packages = globSync('server/oauth/*.ts', { cwd: root }).flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/from '([^.'][^']*)'/g)].map(([, name]) => name),
    );
    expect(new Set(packages.filter((name) => !name?.startsWith('node:')))).toEqual(
      new Set(['canonicalize', 'oidc-provider']),
    );
  });

  test('server/http knows no feature: each declares what it adds to a request where it defines it', () => {
    const strangers = imports.filter(
      ({ from, to }) =>
        from.startsWith('server/http/') &&
        to.startsWith('server/') &&
        ORDER.indexOf(feature(to)) > ORDER.indexOf('keys'),
    );
    expect(strangers.map(said)).toEqual([]);
  });

  test('a rule knows no database, no engine and no environment', () => {
    const pure = /^server\/(catalogue|tasks|delegation\/(assertion|exchange|slice|chain|edges)|approvals\/decide)/;
    const files = globSync('server/**/*.ts', { cwd: root }).filter((file) => pure.test(file));
    const impure = files.filter((file) =>
      /from '(pg|knex|oidc-provider|node:fs|undici)'|process\.env/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(impure).toEqual([]);
  });

  test('one module reaches past the public API of the engine', () => {
    const files = globSync('{server,grants,adapters,views}/**/*.{ts,tsx}', { cwd: root });
    const deep = files.filter((file) => /from 'oidc-provider\/lib/.test(readFileSync(join(root, file), 'utf8')));
    expect(deep).toEqual(['grants/provider-helpers.ts']);
  });

  test('no test and no example has a page wait by evaluating text: its second look is refused by the page’s own policy', () => {
    // Playwright looks once by itself; what it leaves in the page to look again needs 'unsafe-eval'.
    const files = globSync(['test/**/*.ts', 'examples/**/*.ts'], { cwd: root });
    const waiting = files.filter((file) => /\.waitFor[F]unction\(/.test(readFileSync(join(root, file), 'utf8')));
    expect(waiting).toEqual([]);
  });

  test('nothing but the configuration reads the environment', () => {
    const files = globSync('{server,grants,adapters,views,migrations}/**/*.{ts,tsx}', { cwd: root });
    const readers = files.filter((file) => /process\.env/.test(readFileSync(join(root, file), 'utf8')));
    expect(
      readers.filter(
        (file) => !/^(server\/main\.ts|server\/cli\/|server\/setup\/|adapters\/postgres\/embedded\.ts)/.test(file),
      ),
    ).toEqual([]);
  });
});
