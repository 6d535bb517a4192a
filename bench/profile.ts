export interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

/** Where the main thread's time goes, in microseconds per request: by part of the house, and the costliest functions. */
export function summarize({ nodes, samples, timeDeltas }: Profile, requests: number): string {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const parts = new Map<string, number>();
  const functions = new Map<string, number>();
  samples.forEach((id, index) => {
    const frame = frames.get(id);
    const part = partOf(frame?.functionName ?? '', frame?.url ?? '');
    if (!frame || part === undefined) return;
    const time = timeDeltas[index] ?? 0;
    add(parts, part, time);
    add(functions, `${frame.functionName || '(anonymous)'} (${placeOf(frame.url)})`, time);
  });
  const each = (time: number) => (time / requests).toFixed(1);
  return [
    '| part | µs per request |',
    '|---|---|',
    ...largest(parts, 20).map(([part, time]) => `| ${part} | ${each(time)} |`),
    '',
    '| function | µs per request |',
    '|---|---|',
    ...largest(functions, 30).map(([name, time]) => `| \`${name}\` | ${each(time)} |`),
  ].join('\n');
}

/** Undefined: not work of ours (idle time, the start of the program). */
function partOf(name: string, url: string): string | undefined {
  if (name === '(idle)' || name === '(root)') return undefined;
  if (name === '(garbage collector)') return 'garbage collection';
  if (name === '(program)') return 'native code outside of functions';
  const module = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (module !== undefined) return module.startsWith('pg') || module === 'postgres-types' ? 'pg' : module;
  if (url.startsWith('node:internal/crypto') || url === 'node:crypto') return 'node: crypto';
  if (
    /^node:(internal\/streams|_http|net|internal\/http|internal\/stream_base|stream|_tls|internal\/js_stream)/.test(url)
  )
    return 'node: http, streams';
  if (url.startsWith('node:')) return 'node: other';
  const own = /\/(?:dist[^/]*)\/((?:server\/[^/]+|grants|adapters\/[^/]+|bench)[^/]*)/.exec(url)?.[1];
  return own ?? (url === '' ? (NATIVE.exec(name) ? 'native: crypto' : 'native: other') : url);
}

const NATIVE =
  /^(signOneShot|verifyOneShot|sign|verify|hash|update|digest|Hash|KeyObjectHandle|randomFill|oneShotDigest|job|run)/i;

const placeOf = (url: string): string =>
  url.replace(/^.*node_modules\//, '').replace(/^.*\/dist[^/]*\//, '') || 'native';

const add = (to: Map<string, number>, key: string, time: number) => to.set(key, (to.get(key) ?? 0) + time);

const largest = (from: Map<string, number>, count: number) => [...from].sort((a, b) => b[1] - a[1]).slice(0, count);
