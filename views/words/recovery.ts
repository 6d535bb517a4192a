import { words } from './words.ts';

/** Codes on paper, for an administrator who lost every passkey. */
export const RECOVERY = words({
  title: { en: 'Use a recovery code', de: 'Wiederherstellungscode verwenden' },
  lead: {
    en: 'For administrators who lost every passkey. Your passkeys and sessions end, and you add a new passkey. You and the other administrators are told.',
    de: 'Für alle in der Verwaltung, die jeden Passkey verloren haben. Ihre Passkeys und Sitzungen enden, und Sie fügen einen neuen Passkey hinzu. Sie und alle anderen in der Verwaltung werden benachrichtigt.',
  },
  code: { en: 'Recovery code', de: 'Wiederherstellungscode' },
  codeHint: { en: 'Six groups of four, each code once.', de: 'Sechs Vierergruppen, jeder Code gilt einmal.' },
  goOn: { en: 'End my passkeys and go on', de: 'Meine Passkeys beenden und weiter' },
  back: { en: 'Sign in another way', de: 'Anders anmelden' },
  notRight: {
    en: 'The e-mail address, the password or the code is not right.',
    de: 'Die E-Mail-Adresse, das Passwort oder der Code stimmt nicht.',
  },
  recovering: {
    en: 'You used a recovery code. Add a passkey here and sign in with it: until then nothing else opens, and it approves nothing of high impact for a day.',
    de: 'Sie haben einen Wiederherstellungscode verwendet. Fügen Sie hier einen Passkey hinzu und melden Sie sich damit an: Vorher öffnet sich nichts anderes, und einen Tag lang gibt er keine hohe Auswirkung frei.',
  },
  nowSignIn: { en: 'Sign in with the new passkey', de: 'Mit dem neuen Passkey anmelden' },
  codes: { en: 'Recovery codes', de: 'Wiederherstellungscodes' },
  codesMean: {
    en: 'If you lose every passkey, one of these and your password let you add a new one. Keep them on paper, apart from the password.',
    de: 'Wenn Sie jeden Passkey verlieren, fügen Sie mit einem davon und Ihrem Passwort einen neuen hinzu. Bewahren Sie sie auf Papier auf, getrennt vom Passwort.',
  },
  none: { en: 'You have none.', de: 'Sie haben keine.' },
  left: {
    en: { one: 'You have {count} left, made {time}.', other: 'You have {count} left, made {time}.' },
    de: { one: 'Sie haben noch {count}, erstellt {time}.', other: 'Sie haben noch {count}, erstellt {time}.' },
  },
  make: { en: 'Make new codes', de: 'Neue Codes erstellen' },
  makeVoids: { en: 'The old ones end.', de: 'Die alten enden.' },
  signInFirst: {
    en: 'To make new ones, sign in with your passkey now.',
    de: 'Um neue zu erstellen, melden Sie sich jetzt mit Ihrem Passkey an.',
  },
  signIn: { en: 'Sign in with the passkey', de: 'Mit dem Passkey anmelden' },
  tooSoon: {
    en: 'Within a day of beginning anew no codes are made.',
    de: 'Innerhalb eines Tages nach einem Neubeginn werden keine Codes erstellt.',
  },
  notMade: {
    en: 'No codes were made. Nothing was changed.',
    de: 'Es wurden keine Codes erstellt. Nichts wurde geändert.',
  },
  yours: { en: 'Your recovery codes', de: 'Ihre Wiederherstellungscodes' },
  once: {
    en: 'Shown once. Print them or write them down now, and keep them apart from your password.',
    de: 'Werden nur einmal gezeigt. Drucken Sie sie aus oder schreiben Sie sie jetzt auf, und bewahren Sie sie getrennt vom Passwort auf.',
  },
  eachOnce: {
    en: 'Each code works once. Earlier codes have ended.',
    de: 'Jeder Code gilt einmal. Frühere Codes gelten nicht mehr.',
  },
  done: { en: 'I have written them down', de: 'Ich habe sie notiert' },
});
