import type { NotificationStore } from '../notifications/store.ts';
import { actorOf, done, type Named, unknown } from './admin.ts';
import { type AdminDependencies, type Answer, agentOf, type Call, personOf } from './call.ts';
import { gives, input, reference, takes } from './input.ts';
import type { Page, PageAsked } from './listing.ts';
import { listed, listQuery } from './lists.ts';
import { instant, named, object, pageOfMany, text, truth } from './shapes.ts';

export interface ListedIntroduction {
  agent: Named;
  person: Named;
  /** Who let it: the person, or whoever assigned it. */
  by: string;
  at: Date;
}

export interface IntroductionList {
  list(organization: string, asked: PageAsked): Promise<Page<ListedIntroduction>>;
}

export type IntroductionAdministration = Pick<NotificationStore, 'introduce' | 'forget'> & IntroductionList;

const someIntroductions = listQuery({ agent: reference, person: reference });

/** Which agents may notify whom. */
export const listIntroductions: Answer = async (call, dependencies) => {
  const introductions = await listed(call, someIntroductions, dependencies, ({ id }, asked) =>
    dependencies.introductions.list(id, asked),
  );
  return introductions.ok
    ? done({ introductions: introductions.value.rows, next: introductions.value.next })
    : introductions;
};
takes(listIntroductions, { query: someIntroductions });
gives(
  listIntroductions,
  pageOfMany('introductions', object({ organization: text, agent: named, person: named, by: text, at: instant })),
);

const pair = input<{ organization?: string; agent: string; person: string }>(
  { organization: reference, agent: reference, person: reference },
  ['agent', 'person'],
);

/** Both, by id or name, of one organization. */
async function pairIn(call: Call, dependencies: AdminDependencies) {
  const asked = pair(call.body);
  if (!asked.ok) return asked;
  const agent = await agentOf(call, asked.value.agent, asked.value.organization, dependencies);
  if (!agent.ok) return agent;
  const { organization, id, name } = agent.value;
  const person = await personOf(organization, asked.value.person, dependencies);
  if (!person.ok) return person;
  const { id: personId, email } = person.value;
  return done({ organization: organization.id, agent: { id, name }, person: { id: personId, email } });
}

const PAIR = object({
  agent: object({ id: text, name: text }),
  person: object({ id: text, email: text }),
  introduced: truth,
});

/** Assigns an agent to a person: it may notify them from now on. It allows the agent nothing else. */
export const introduce: Answer = async (call, dependencies) => {
  const found = await pairIn(call, dependencies);
  if (!found.ok) return found;
  const { organization, agent, person } = found.value;
  await dependencies.introductions.introduce(organization, agent.id, person.id, actorOf(call.caller));
  return done({ agent, person, introduced: true });
};
takes(introduce, { body: pair });
gives(introduce, PAIR);

/** Takes it back: what the agent asks waits in the inbox again. */
export const forgetIntroduction: Answer = async (call, dependencies) => {
  const found = await pairIn(call, dependencies);
  if (!found.ok) return found;
  const { organization, agent, person } = found.value;
  const gone = await dependencies.introductions.forget(organization, agent.id, person.id, actorOf(call.caller));
  return gone ? done({ agent, person, introduced: false }) : unknown(`${agent.name} for ${person.email}`);
};
takes(forgetIntroduction, { body: pair });
gives(forgetIntroduction, PAIR);
