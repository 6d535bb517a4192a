import type { NotificationStore } from '../notifications/store.ts';
import { actorOf, done, unknown } from './admin.ts';
import { type Answer, agentOf, personOf } from './call.ts';
import { input, reference } from './input.ts';

export type IntroductionAdministration = Pick<NotificationStore, 'introduce' | 'forget'>;

const pair = input<{ organization?: string; agent: string; person: string }>(
  { organization: reference, agent: reference, person: reference },
  ['agent', 'person'],
);

/** Assigns an agent to a person: it may notify them from now on. It allows the agent nothing else. */
export const introduce: Answer = async (call, dependencies) => {
  const asked = pair(call.body);
  if (!asked.ok) return asked;
  const agent = await agentOf(call, asked.value.agent, asked.value.organization, dependencies);
  if (!agent.ok) return agent;
  const { organization, id, name } = agent.value;
  const person = await personOf(organization, asked.value.person, dependencies);
  if (!person.ok) return person;
  await dependencies.introductions.introduce(organization.id, id, person.value.id, actorOf(call.caller));
  return done({ agent: { id, name }, person: { id: person.value.id, email: person.value.email }, introduced: true });
};

/** Takes it back: what the agent asks waits in the inbox again. */
export const forgetIntroduction: Answer = async (call, dependencies) => {
  const asked = pair(call.body);
  if (!asked.ok) return asked;
  const agent = await agentOf(call, asked.value.agent, asked.value.organization, dependencies);
  if (!agent.ok) return agent;
  const { organization, id, name } = agent.value;
  const person = await personOf(organization, asked.value.person, dependencies);
  if (!person.ok) return person;
  const gone = await dependencies.introductions.forget(organization.id, id, person.value.id);
  return gone
    ? done({ agent: { id, name }, person: { id: person.value.id, email: person.value.email }, introduced: false })
    : unknown(`${name} for ${person.value.email}`);
};
