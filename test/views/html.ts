/** Reading our own markup back, without a browser: enough for what the server alone writes. */

/** The text of an element's markup, as a reader sees it. */
export const text = (markup: string): string =>
  markup
    .replace(/<[^>]*>/gu, '')
    .replace(/&lt;/gu, '<')
    .replace(/&gt;/gu, '>')
    .replace(/&quot;/gu, '"')
    .replace(/&amp;/gu, '&')
    .trim();

/** What stands between the first `<tag …>` whose attributes hold `attribute`, and its own end tag. */
export function inner(html: string, tag: string, attribute = ''): string {
  const begin = new RegExp(`<${tag}(?=[ >])[^>]*${attribute}[^>]*>`, 'u').exec(html);
  if (!begin) throw new Error(`no <${tag} ${attribute}> in the page`);
  const start = begin.index + begin[0].length;
  let open = 1;
  for (const { 0: one, index } of html.slice(start).matchAll(new RegExp(`<(/?)${tag}(?=[ >])[^>]*>`, 'gu'))) {
    open += one.startsWith('</') ? -1 : 1;
    if (open === 0) return html.slice(start, start + index);
  }
  throw new Error(`<${tag} ${attribute}> does not end`);
}

/** Every start tag of a kind, as written. */
export const tags = (html: string, tag: string): string[] =>
  html.match(new RegExp(`<${tag}(?=[ />])[^>]*>`, 'gu')) ?? [];
