import type { Api } from './admin.ts';
import type { Json } from './agent.ts';
import type { IdentityProvider } from './identity-provider.ts';
import type { TestPerson } from './person.ts';

/** Both sides: the provider here, the client there. One organization signs in at one issuer once, so others end first. */
export async function addProvider(idp: IdentityProvider, api: Api, more: Json = {}): Promise<Json> {
  const { body } = await api('GET', '/sign-in-providers');
  for (const { id, organization } of body.sign_in_providers) {
    await api('DELETE', `/sign-in-providers/${id}`, { organization });
  }
  const added = await api('POST', '/sign-in-providers', {
    name: 'Acme SSO',
    issuer: idp.issuer,
    client_id: 'countersign',
    scopes: ['openid', 'email', 'profile'],
    ...more,
  });
  if (added.status !== 201) throw new Error(JSON.stringify(added.body));
  idp.register({
    client_id: 'countersign',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks_uri: added.body.jwks_uri,
    redirect_uris: [added.body.redirect_uri],
    backchannel_logout_uri: added.body.backchannel_logout_uri,
    backchannel_logout_session_required: true,
    id_token_signed_response_alg: 'RS256',
  });
  return added.body;
}

/** From a page to the provider's door: the address that its button leads to. */
export async function beginThere(
  person: TestPerson,
  provider: Json,
  path = '/login',
  fields: Record<string, string> = {},
): Promise<string> {
  const page = await person.get(path);
  const csrf = /name="csrf"[^>]*value="([^"]*)"/.exec(page.html)?.[1] ?? '';
  const returnTo = /name="return_to" value="([^"]*)"/.exec(page.html)?.[1] ?? '/inbox';
  return doorIn(await person.post(`/login/with/${provider.id}`, { csrf, return_to: returnTo, ...fields }));
}

/** The address of the provider on a page that leads there. */
export function doorIn({ html, status }: { html: string; status: number }): string {
  const url = /http-equiv="refresh" content="0; ?url=([^"]*)"/i.exec(html)?.[1];
  if (url === undefined) throw new Error(`no way to the provider: ${status} ${html}`);
  return url.replaceAll('&amp;', '&');
}

/** The person connects an account there to themselves. */
export async function connect(person: TestPerson, idp: IdentityProvider, provider: Json, subject: string) {
  idp.becomes(subject);
  const url = await beginThere(person, provider, '/settings/sign-in', { connect: '1', return_to: '/settings/sign-in' });
  const page = await person.get(await idp.visit(url));
  if (page.status !== 200) throw new Error(`not connected: ${page.status}`);
}
