import { words } from './words.ts';

/** Why an agent that describes itself at an address of its own is not let in: by host, never by the name it gives itself. */
export const DOCUMENTS = words({
  /** For whoever administers: one of these, and what was found, as the builder of the agent is told. */
  found: { en: '{sentence} ({detail})', de: '{sentence} ({detail})' },
  invalid: {
    en: 'An agent from {host} describes itself in a way that cannot be used.',
    de: 'Ein Agent von {host} beschreibt sich so, dass es nicht zu verwenden ist.',
  },
  unreachable: {
    en: 'What an agent from {host} says of itself cannot be read at the moment.',
    de: 'Was ein Agent von {host} über sich sagt, ist gerade nicht zu lesen.',
  },
  too_many: {
    en: 'Too many agents were asked for from your address, the last one from {host}.',
    de: 'Von Ihrer Adresse aus wurden zu viele Agenten angefragt, zuletzt einer von {host}.',
  },
  denied: {
    en: 'Your organization does not allow agents from {host}.',
    de: 'Ihre Organisation lässt Agenten von {host} nicht zu.',
  },
  full: {
    en: 'Your organization has as many agents as it may have, so the one from {host} cannot come in.',
    de: 'Ihre Organisation hat so viele Agenten, wie sie haben darf; der von {host} kann nicht dazukommen.',
  },
  waits: {
    en: 'Your organization has not allowed the agent from {host} yet.',
    de: 'Ihre Organisation hat den Agenten von {host} noch nicht zugelassen.',
  },
  waitsNext: {
    en: 'Your administrators see that you asked. Come back when they have allowed it.',
    de: 'Ihre Administration sieht, dass Sie gefragt haben. Kommen Sie wieder, wenn sie zugestimmt hat.',
  },
  changed: {
    en: 'The agent from {host} describes itself differently than when it was allowed.',
    de: 'Der Agent von {host} beschreibt sich anders als bei seiner Zulassung.',
  },
  confusable: {
    en: 'The agent from {host} gives itself a name that is taken.',
    de: 'Der Agent von {host} gibt sich einen Namen, der vergeben ist.',
  },
});
