import { words } from './words.ts';

/** Making a request narrower before allowing it. Labels of parameters are the catalogue's. */
export const NARROWING = words({
  title: { en: 'Make it narrower', de: 'Enger fassen' },
  hint: {
    en: 'Only what you choose here is allowed. More than was asked cannot be chosen.',
    de: 'Nur was Sie hier wählen, wird erlaubt. Mehr als gefragt wurde, lässt sich nicht wählen.',
  },
  leaveOut: { en: '{label}: leave out', de: '{label}: auslassen' },
  atMost: { en: '{label}, at most ({currency})', de: '{label}, höchstens ({currency})' },
  notTheseDays: {
    en: 'Choose among the days that were asked for, the first one first.',
    de: 'Wählen Sie unter den Tagen, um die es geht, den ersten zuerst.',
  },
  notThisAmount: {
    en: 'Type an amount of up to {most}. If nothing is to be allowed, deny it.',
    de: 'Geben Sie einen Betrag bis {most} ein. Soll nichts erlaubt werden, lehnen Sie ab.',
  },
  notThisMany: {
    en: 'Type a whole number of up to {most}. If nothing is to be allowed, deny it.',
    de: 'Geben Sie eine ganze Zahl bis {most} ein. Soll nichts erlaubt werden, lehnen Sie ab.',
  },
  tooFewLeft: { en: 'This leaves too little to do anything.', de: 'So bleibt zu wenig übrig.' },
  notNarrower: {
    en: 'What you chose is more than was asked, or leaves nothing to do. Nothing was allowed.',
    de: 'Was Sie gewählt haben, ist mehr als gefragt war, oder es bleibt nichts übrig. Es wurde nichts erlaubt.',
  },
});
