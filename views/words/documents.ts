import { words } from './words.ts';

/** Why an agent that describes itself at an address of its own is not let in: by host, never by the name it gives itself. */
export const DOCUMENTS = words({
  invalid: {
    en: 'An agent from {host} describes itself in a way that cannot be used. For its builder: {detail}.',
    de: 'Ein Agent von {host} beschreibt sich so, dass es nicht zu verwenden ist. Für den Entwickler: {detail}.',
  },
  unreachable: {
    en: 'What an agent from {host} says of itself cannot be read at the moment ({detail}).',
    de: 'Was ein Agent von {host} über sich sagt, ist gerade nicht zu lesen ({detail}).',
  },
  too_many: {
    en: 'Too many agents were asked for from your address, the last one from {host} ({detail}).',
    de: 'Von Ihrer Adresse aus wurden zu viele Agenten angefragt, zuletzt einer von {host} ({detail}).',
  },
  denied: {
    en: 'Your organization does not allow agents from {host} ({detail}).',
    de: 'Ihre Organisation lässt Agenten von {host} nicht zu ({detail}).',
  },
  full: {
    en: 'Your organization has as many agents as it may have, so the one from {host} cannot come in ({detail}).',
    de: 'Ihre Organisation hat so viele Agenten, wie sie haben darf; der von {host} kann nicht dazukommen ({detail}).',
  },
  waits: {
    en: 'Your organization has not allowed the agent from {host} yet ({detail}).',
    de: 'Ihre Organisation hat den Agenten von {host} noch nicht zugelassen ({detail}).',
  },
  waitsNext: {
    en: 'Your administrators see that you asked. Come back when they have allowed it.',
    de: 'Ihre Administration sieht, dass Sie gefragt haben. Kommen Sie wieder, wenn sie zugestimmt hat.',
  },
  changed: {
    en: 'The agent from {host} describes itself differently than when it was allowed ({detail}).',
    de: 'Der Agent von {host} beschreibt sich anders als bei seiner Zulassung ({detail}).',
  },
  confusable: {
    en: 'The agent from {host} gives itself a name that is taken ({detail}).',
    de: 'Der Agent von {host} gibt sich einen Namen, der vergeben ist ({detail}).',
  },
});
