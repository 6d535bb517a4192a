import { AGENTS } from '../../views/words/agents.ts';
import { inEnglish, saying } from '../../views/words/saying.ts';
import type { Speaker } from '../../views/words/speaker.ts';

/** A client that many people use, as its makers publish it: what it may register is known beforehand. */
export interface Preset {
  name: string;
  /** Exactly these; on loopback any port. */
  redirects: readonly string[];
  /** Its client ID metadata document, where it has one. */
  document?: string;
}

/**
 * Well-known MCP clients. An initial access token for one of them registers nothing but it, as a public client in the
 * browser: a page for every task, and never high impact.
 */
export const PRESETS = {
  claude: {
    name: 'Claude',
    redirects: ['https://claude.ai/api/mcp/auth_callback', 'https://claude.com/api/mcp/auth_callback'],
    document: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
  },
  'claude-code': {
    name: 'Claude Code',
    redirects: ['http://localhost/callback', 'http://127.0.0.1/callback'],
    document: 'https://claude.ai/oauth/claude-code-client-metadata',
  },
  vscode: {
    name: 'Visual Studio Code',
    redirects: ['http://127.0.0.1:33418', 'http://127.0.0.1:33418/', 'https://vscode.dev/redirect'],
    document: 'https://vscode.dev/oauth/client-metadata.json',
  },
  opencode: {
    name: 'opencode',
    redirects: ['http://127.0.0.1:19876/mcp/oauth/callback', 'http://127.0.0.1/callback', 'http://localhost/callback'],
    document: 'https://opencode.ai/oauth/opencode/client.json',
  },
} as const satisfies Record<string, Preset>;
export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

/** What it is for, where it did not say so itself. Recorded, it is in one language. */
export const purposeOf = (preset: PresetName): string =>
  inEnglish(saying(AGENTS.worksForWhoever, { name: PRESETS[preset].name }));

/** What an agent says it is for, as it says it; a sentence of ours in the reader's language. */
export function purposeIn(purpose: string, { say }: Speaker): string {
  const preset = PRESET_NAMES.find((name) => purposeOf(name) === purpose);
  return preset === undefined ? purpose : say(AGENTS.worksForWhoever, { name: PRESETS[preset].name });
}

/** The redirects of these that the preset does not know. */
export function strangeRedirects(preset: PresetName, uris: unknown): string[] {
  const known = PRESETS[preset].redirects.map(withoutLoopbackPort);
  return [uris].flat().filter((uri) => !known.includes(withoutLoopbackPort(String(uri)))) as string[];
}

/** RFC 8252 §7.3: a native application listens where it finds a free port. */
function withoutLoopbackPort(uri: string): string {
  const url = URL.parse(uri);
  if (url?.protocol !== 'http:' || !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) return uri;
  url.port = '';
  return url.href;
}
