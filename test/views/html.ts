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

/** What stands between the first `<tag …>` whose attributes hold `attribute`, and its end tag. */
export function inner(html: string, tag: string, attribute = ''): string {
  const found = new RegExp(`<${tag}(?=[ >])[^>]*${attribute}[^>]*>([\\s\\S]*?)</${tag}>`, 'u').exec(html)?.[1];
  if (found === undefined) throw new Error(`no <${tag} ${attribute}> in the page`);
  return found;
}

/** Every start tag of a kind, as written. */
export const tags = (html: string, tag: string): string[] =>
  html.match(new RegExp(`<${tag}(?=[ />])[^>]*>`, 'gu')) ?? [];
