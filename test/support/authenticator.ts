import { type Authenticator, newAuthenticator, optionsIn } from '../../examples/demo/authenticator.ts';
import type { PageAnswer, TestPerson } from './person.ts';

export { type Authenticator, type Deviation, newAuthenticator, optionsIn } from '../../examples/demo/authenticator.ts';

export const SECURITY = '/settings/security';
/** The form that adds one, wherever it leads back to. */
const addingAction = ({ html }: PageAnswer): string =>
  `${/action="(\/settings\/security\/passkeys(?:\?[^"]*)?)"/.exec(html)?.[1] ?? ''}"`;

/** What the script of the page would send to add this authenticator's passkey; `by` vouches for it. */
export function addingForm(
  page: PageAnswer,
  authenticator: Authenticator,
  { name = 'Test key', by }: { name?: string; by?: Authenticator } = {},
): Record<string, string> {
  return {
    csrf: /name="csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? '',
    name,
    attestation: authenticator.create(optionsIn(page, 'creation', addingAction(page))),
    ...(by && { assertion: by.get(optionsIn(page, 'request', addingAction(page))) }),
  };
}

/** Adds a passkey to a person who has just signed in. */
export async function addPasskey(
  person: TestPerson,
  origin: string,
  options: { name?: string; by?: Authenticator; syncs?: boolean } = {},
): Promise<Authenticator> {
  const authenticator = newAuthenticator(origin, { syncs: options.syncs ?? false });
  const page = await person.get(SECURITY);
  const added = await person.post(`${SECURITY}/passkeys`, addingForm(page, authenticator, options));
  if (added.status !== 200) throw new Error(`the passkey was not added: ${added.status} ${added.html.slice(0, 2000)}`);
  return authenticator;
}
