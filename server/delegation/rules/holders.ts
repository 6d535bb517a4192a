import type { Rule } from './rule.ts';

/** Who may present a token at all. */
export const HOLDER_RULES: readonly Rule[] = [
  {
    id: 'R1',
    says: 'A person stands behind the subject; or an agent itself, along an edge that carries its own authority (SPL-05).',
    broken: ({ way }, { subject, child }) => {
      if (subject.person !== null) return undefined;
      const carried = way === 'continue' ? subject.act !== null : child?.edge?.carriesOwn === true;
      return carried && way !== 'go_further'
        ? undefined
        : { reason: 'subject_token_invalid', detail: 'no person stands behind it' };
    },
  },
  {
    id: 'R2',
    says: 'Only the client that a token was issued to exchanges it (TX-04).',
    ways: ['continue', 'hand_off', 'appoint'],
    broken: (_, { subject, client }) =>
      subject.clientId === client.clientId
        ? undefined
        : { reason: 'subject_token_invalid', detail: 'issued to another client' },
  },
  {
    id: 'R3',
    says: 'A hand-off is taken up by the agent it names, and by nobody else (ACT-04).',
    ways: ['take_up'],
    broken: (_, { subject, client }) =>
      client.agent !== null && client.agent.id === subject.mayAct
        ? undefined
        : { reason: 'subject_token_invalid', detail: 'handed to another agent' },
  },
  {
    id: 'R4',
    says: 'Only the server of the resource that a leaf is for goes further with it (TX-04).',
    ways: ['go_further'],
    broken: (_, { subject, ownsAudience }) =>
      subject.kind === 'leaf' && ownsAudience
        ? undefined
        : { reason: 'subject_token_invalid', detail: 'issued to another client' },
  },
  {
    id: 'R5',
    says: 'Somebody acts for the person: impersonation does not exist (TX-13).',
    ways: ['continue', 'go_further'],
    broken: ({ act }) =>
      act === undefined
        ? { reason: 'actor_not_allowed', detail: 'no agent acts: impersonation does not exist' }
        : undefined,
  },
  {
    id: 'R6',
    says: 'Who hands on is the agent that acts; a resource server holds a token of the chain and is no part of it.',
    ways: ['hand_off', 'appoint'],
    broken: (_, { subject, client }) =>
      client.agent !== null && client.agent.id === (subject.act?.sub ?? subject.subject)
        ? undefined
        : { reason: 'handoff_not_allowed', detail: 'not the acting agent' },
  },
  {
    id: 'R7',
    says: 'Who proves to be the actor is the one that acts (SPL-01).',
    ways: ['continue', 'hand_off', 'take_up', 'go_further'],
    broken: ({ way, agent }, { actor }) =>
      actor === undefined || (way !== 'go_further' && actor.agent === agent)
        ? undefined
        : { reason: 'actor_not_allowed', detail: 'the actor token is of another agent' },
  },
  {
    id: 'R8',
    says: 'A hand-off is taken up before it is handed on, and a resource server hands nothing on.',
    ways: ['take_up', 'go_further'],
    broken: ({ way }, _, { requestedActor }) =>
      requestedActor === undefined
        ? undefined
        : { reason: 'handoff_not_allowed', detail: way === 'take_up' ? 'exchange it first' : 'not an agent' },
  },
];
