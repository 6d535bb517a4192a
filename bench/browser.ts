/** A person at a browser without script, who signs in and decides: cookies, one form per page. */
export interface Browser {
  get(path: string): Promise<string>;
  post(path: string, fields: Record<string, string>): Promise<string>;
  cookies(): { name: string; value: string }[];
}

export async function signIn(issuer: string, email: string, password: string): Promise<Browser> {
  const jar = new Map<string, string>();
  const send = async (path: string, init: RequestInit): Promise<string> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', ...(cookie && { cookie }) };
    const response = await fetch(new URL(path, issuer), { ...init, redirect: 'manual', headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    const html = await response.text();
    if (response.status >= 400) throw new Error(`${path} answered ${response.status}: ${html.slice(0, 2000)}`);
    return html;
  };
  const browser: Browser = {
    get: (path) => send(path, { method: 'GET' }),
    post: (path, fields) => send(path, { method: 'POST', body: new URLSearchParams(fields) }),
    cookies: () => [...jar].map(([name, value]) => ({ name, value })),
  };
  await browser.post('/login', { ...hiddenOf(await browser.get('/login')), email, password });
  return browser;
}

/** The hidden fields of the page's own form. */
export function hiddenOf(html: string): Record<string, string> {
  const main = /<main[\s\S]*<\/main>/.exec(html)?.[0] ?? html;
  return Object.fromEntries(
    [...main.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => [
      /name="([^"]*)"/.exec(input)?.[1] ?? '',
      /value="([^"]*)"/.exec(input)?.[1] ?? '',
    ]),
  );
}
