import { afterAll, beforeAll } from '@jest/globals';
import { copyTemplate, dropDatabase, newName, urlOf } from './template.ts';

export { adminUrl } from './template.ts';

/** Gives the calling test file a database of its own, copied from the migrated template; there from beforeAll on. */
export function useDatabase(): { readonly url: string } {
  const name = newName();
  beforeAll(() => copyTemplate(name));
  afterAll(() => dropDatabase(name));
  return { url: urlOf(name) };
}

/** The same for one test: the caller drops it. */
export async function createTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = newName();
  await copyTemplate(name);
  return { url: urlOf(name), drop: () => dropDatabase(name) };
}
