import { words } from './words.ts';

/** APIs of an organization: claimed, proven, and then described in its catalogue. */
export const SYSTEMS = words({
  title: { en: 'Systems of your own', de: 'Eigene Systeme' },
  lead: {
    en: 'Only who controls an API describes what agents may ask of it. Name it here, put what you are given where it says, and let it be looked at.',
    de: 'Nur wer eine API kontrolliert, beschreibt, worum Agenten sie bitten dürfen. Tragen Sie sie hier ein, hinterlegen Sie an der angegebenen Stelle, was Sie erhalten, und lassen Sie nachsehen.',
  },
  none: { en: 'No system was named yet.', de: 'Es ist noch kein System eingetragen.' },
  byDocument: { en: 'proven by its document', de: 'belegt durch sein Dokument' },
  byDns: { en: 'proven by the DNS', de: 'belegt durch das DNS' },
  waits: { en: 'not proven yet', de: 'noch nicht belegt' },
  over: { en: 'not proven in time', de: 'nicht rechtzeitig belegt' },
  since: { en: 'Since {time}', de: 'Seit {time}' },
  until: { en: 'Until {time}', de: 'Bis {time}' },
  describe: { en: 'Describe what agents may ask of it', de: 'Beschreiben, worum Agenten es bitten dürfen' },
  document: { en: 'In its metadata document', de: 'In seinen Metadaten' },
  member: { en: 'this member', de: 'dieses Feld' },
  or: { en: 'Or in the DNS', de: 'Oder im DNS' },
  record: { en: 'this TXT record', de: 'dieser TXT-Eintrag' },
  prove: { en: 'Look for it', de: 'Nachsehen' },
  proveFor: { en: 'Look for it: the proof of {system}', de: 'Nachsehen: der Beleg für {system}' },
  again: { en: 'Begin again', de: 'Neu beginnen' },
  againFor: { en: 'Begin again with {system}', de: 'Neu beginnen mit {system}' },

  add: { en: 'Name a system', de: 'Ein System eintragen' },
  resource: { en: 'Its identifier', de: 'Kennung' },
  resourceHint: {
    en: 'The https address by which tokens name it, https://rooms.example.com for example.',
    de: 'Die https-Adresse, mit der Tokens es nennen, etwa https://rooms.example.com.',
  },
  name: { en: 'What people call it', de: 'Wie Menschen es nennen' },
  claim: { en: 'Get what proves it', de: 'Beleg anfordern' },

  claimed: {
    en: 'Named. Put one of the two in place within a week, and let it be looked at.',
    de: 'Eingetragen. Hinterlegen Sie eines von beidem innerhalb einer Woche, und lassen Sie nachsehen.',
  },
  proven: { en: 'Proven. It is yours to describe.', de: 'Belegt. Sie können es nun beschreiben.' },
  notProven: {
    en: 'Neither is there yet. Look again once it can be read from outside.',
    de: 'Noch ist keines von beidem da. Sehen Sie nach, sobald es von außen zu lesen ist.',
  },
  taken: { en: 'It is registered already, here or elsewhere.', de: 'Es ist bereits registriert, hier oder anderswo.' },
  expired: { en: 'The week is over. Begin again.', de: 'Die Woche ist vorbei. Beginnen Sie neu.' },
  unknown: { en: 'It was not named here.', de: 'Es wurde hier nicht genannt.' },
  notResource: {
    en: 'It is an https address without user, query or fragment, in small letters and without a slash after the host.',
    de: 'Es ist eine https-Adresse ohne Benutzer, Abfrage und Fragment, kleingeschrieben und ohne Schrägstrich nach dem Host.',
  },
  incomplete: {
    en: 'Say its identifier, and in plain words what people call it.',
    de: 'Nennen Sie seine Kennung und, in einfachen Worten, wie Menschen es nennen.',
  },
  notDone: { en: 'Nothing was changed.', de: 'Es wurde nichts geändert.' },
});
