import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** What the ids of a specification's requirements begin with, and which specification it is. */
const SPECIFICATIONS: readonly (readonly [title: string, address: string, ...prefixes: string[]])[] = [
  ['OAuth 2.1', 'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1', 'OA'],
  ['OAuth 2.0 (RFC 6749, RFC 6750), what 2.1 leaves', 'https://www.rfc-editor.org/rfc/rfc6749', 'RF'],
  ['Best current practice for OAuth security (RFC 9700)', 'https://www.rfc-editor.org/rfc/rfc9700', 'BCP'],
  ['Server metadata (RFC 8414)', 'https://www.rfc-editor.org/rfc/rfc8414', 'MD'],
  ['Issuer identification (RFC 9207)', 'https://www.rfc-editor.org/rfc/rfc9207', 'ISS'],
  ['Token exchange (RFC 8693)', 'https://www.rfc-editor.org/rfc/rfc8693', 'TX', 'TX-ERR', 'ACT', 'SPL', 'X'],
  ['Actor profile', 'https://datatracker.ietf.org/doc/html/draft-mcguinness-oauth-actor-profile', 'AP'],
  [
    'Client-initiated backchannel authentication',
    'https://openid.net/specs/openid-client-initiated-backchannel-authentication-core-1_0.html',
    'CB',
  ],
  ['Rich authorization requests (RFC 9396)', 'https://www.rfc-editor.org/rfc/rfc9396', 'RAR'],
  ['Resource indicators (RFC 8707)', 'https://www.rfc-editor.org/rfc/rfc8707', 'RI'],
  ['JWT access tokens (RFC 9068)', 'https://www.rfc-editor.org/rfc/rfc9068', 'AT'],
  ['Introspection (RFC 7662, RFC 9701)', 'https://www.rfc-editor.org/rfc/rfc7662', 'IN'],
  ['Revocation (RFC 7009)', 'https://www.rfc-editor.org/rfc/rfc7009', 'RV'],
  ['Dynamic registration (RFC 7591, RFC 7592)', 'https://www.rfc-editor.org/rfc/rfc7591', 'DCR'],
  ['JWT client authentication and grants (RFC 7523)', 'https://www.rfc-editor.org/rfc/rfc7523', 'PK', 'JB'],
  ['Pushed authorization requests (RFC 9126)', 'https://www.rfc-editor.org/rfc/rfc9126', 'PAR'],
  ['Signed authorization requests (RFC 9101)', 'https://www.rfc-editor.org/rfc/rfc9101', 'JAR'],
  ['DPoP (RFC 9449)', 'https://www.rfc-editor.org/rfc/rfc9449', 'DP'],
  ['Mutual TLS (RFC 8705)', 'https://www.rfc-editor.org/rfc/rfc8705', 'MT'],
  ['Step-up (RFC 9470)', 'https://www.rfc-editor.org/rfc/rfc9470', 'SU'],
  ['Protected resource metadata (RFC 9728)', 'https://www.rfc-editor.org/rfc/rfc9728', 'PR'],
  ['FAPI 2.0', 'https://openid.net/specs/fapi-security-profile-2_0-final.html', 'F2', 'F2M'],
  ['Model Context Protocol, authorization', 'https://modelcontextprotocol.io/specification', 'MCP', 'EMA', 'MCC'],
  [
    'Client ID metadata documents',
    'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document',
    'CIMD',
  ],
  [
    'Identity assertion grant (ID-JAG)',
    'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-identity-assertion-authz-grant',
    'JAG',
  ],
  ['Identity chaining', 'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-identity-chaining', 'CH'],
  ['Transaction tokens', 'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-transaction-tokens', 'TT'],
  [
    'Attestation-based client authentication',
    'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-attestation-based-client-auth',
    'ATT',
  ],
  ['SPIFFE client authentication', 'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-spiffe-client-auth', 'SPF'],
  ['Grant management', 'https://openid.net/specs/oauth-v2-grant-management.html', 'GM'],
  ['Shared signals', 'https://openid.net/specs/openid-sharedsignals-framework-1_0.html', 'SSF'],
  ['AuthZEN', 'https://openid.net/specs/authorization-api-1_0.html', 'AZ'],
  ['Token status list', 'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list', 'SL'],
  ['SCIM for agents', 'https://datatracker.ietf.org/doc/html/draft-wahl-scim-agent-schema', 'SCIM'],
  ['OpenID Connect', 'https://openid.net/specs/openid-connect-core-1_0.html', 'OC'],
];

const DOCUMENT = new URL('../docs/conformance.md', import.meta.url);
const TESTS = new URL('./', import.meta.url);

const prefixes = SPECIFICATIONS.flatMap(([, , ...all]) => all);
/** As our lists number them: `TX-01`, `TX-ERR-1`; the matrix of token exchange is `X1` to `X28`. */
const WELL_FORMED = /^(?:TX-ERR-[1-4]|X(?:[1-9]|1\d|2[0-8])b?|(?!X)[A-Z0-9]+-\d{2}[a-z]?)$/;
const NAMED = new RegExp(
  `(?<![\\w-])(?:(?:${prefixes.filter((one) => one !== 'X').join('|')})-\\d+[a-z]?|X\\d{1,2}b?)(?![\\w-]|\\.\\w)`,
  'g',
);

/** Which ids the texts of each test file name, and how: what looks like one of ours, well-formed or not. */
export function idsInTests(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const name of readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).toSorted()) {
    if (!/\.test\.tsx?$/.test(name)) continue;
    const file = `test/${name.replaceAll('\\', '/')}`;
    for (const [text] of readFileSync(new URL(name, TESTS), 'utf8').matchAll(
      /'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g,
    )) {
      for (const [id] of text.matchAll(NAMED)) found.set(id, (found.get(id) ?? new Set()).add(file));
    }
  }
  return found;
}

export const isWellFormed = (id: string): boolean => WELL_FORMED.test(id);

/** The table as it is to be: by specification, a line for each id. */
export function conformance(ids: ReadonlyMap<string, ReadonlySet<string>> = idsInTests()): string {
  const sections = SPECIFICATIONS.flatMap(([title, address, ...all]) => {
    const own = [...ids.keys()].filter((id) => all.includes(prefixOf(id))).toSorted(byNumber);
    const lines = own.map((id) => `| ${id} | ${[...(ids.get(id) ?? [])].toSorted().map(linked).join(', ')} |`);
    return lines.length === 0 ? [] : [`## [${title}](${address})\n\n| id | tests |\n|---|---|\n${lines.join('\n')}\n`];
  });
  return `${HEAD}\n${sections.join('\n')}`;
}

/** The ids of the written table, with the files that each names. */
export function idsInDocument(): Map<string, Set<string>> {
  const rows = readFileSync(DOCUMENT, 'utf8').matchAll(/^\| ([A-Z][\w-]*) \| (.*) \|$/gm);
  return new Map(
    [...rows].map(([, id = '', files = '']) => [
      id,
      new Set([...files.matchAll(/\]\(\.\.\/([^)]*)\)/g)].map(([, file = '']) => file)),
    ]),
  );
}

const HEAD = `# Conformance

Which requirement of which specification is held by which tests. Generated from the names of the tests by
\`npm run conformance\`; the ids number the requirements as our checklist of the specifications does. An id is here when a
test is named by it, and a test is named by it when it would fail without it.
`;

const prefixOf = (id: string): string => (/^X\d/.test(id) ? 'X' : id.replace(/-\d+[a-z]?$/, ''));
const linked = (file: string): string => `[${file.replace(/^test\/|\.test\.tsx?$/g, '')}](../${file})`;
const byNumber = (a: string, b: string): number =>
  prefixOf(a) === prefixOf(b) ? numberOf(a) - numberOf(b) || (a < b ? -1 : 1) : prefixOf(a) < prefixOf(b) ? -1 : 1;
const numberOf = (id: string): number => Number(/\d+(?=[a-z]?$)/.exec(id)?.[0]);

if (import.meta.main) writeFileSync(DOCUMENT, conformance());
