import { words } from './words.ts';

/** A3-3: taking actions from an agent. */
export const REMOVAL = words({
  title: { en: 'Take this from {agent}?', de: '{agent} dies wegnehmen?' },
  means: {
    en: 'From then on it cannot ask for {actions}.',
    de: 'Von da an kann er nicht mehr fragen nach: {actions}.',
  },
  ends: {
    en: {
      one: 'One live task of {people} ends at once:',
      other: '{count} live tasks of {people} end at once:',
    },
    de: {
      one: 'Eine laufende Aufgabe von {people} endet sofort:',
      other: '{count} laufende Aufgaben von {people} enden sofort:',
    },
  },
  people: {
    en: { one: 'one person', other: '{count} people' },
    de: { one: 'einem Menschen', other: '{count} Menschen' },
  },
  endsNothing: {
    en: 'Nothing that is live now ends by it.',
    de: 'Nichts, was gerade läuft, endet dadurch.',
  },
  others: {
    en: 'Everything else that it may do goes on.',
    de: 'Alles andere, was er darf, gilt weiter.',
  },
  changed: {
    en: 'What would end has changed since you looked. Nothing was removed. This is how it stands now.',
    de: 'Was enden würde, hat sich inzwischen geändert. Nichts wurde weggenommen. So sieht es jetzt aus.',
  },
  listed: { en: 'Tasks that end', de: 'Aufgaben, die enden' },
  person: { en: 'Person', de: 'Mensch' },
  task: { en: 'Task', de: 'Aufgabe' },
  until: { en: 'Would run until', de: 'Liefe bis' },
  remove: { en: 'Remove', de: 'Wegnehmen' },
  not_allowed: {
    en: '{agent} cannot ask for any of these anyway.',
    de: '{agent} kann nach keiner davon fragen.',
  },
  nothing_left: {
    en: 'Nothing would be left that {agent} may ask for. Retire it instead.',
    de: 'Es bliebe nichts, wonach {agent} fragen darf. Legen Sie ihn stattdessen still.',
  },
});

/** Somebody else is to answer for an agent. */
export const OFFERING = words({
  title: { en: 'Who is to answer for {agent}?', de: 'Wer soll für {agent} einstehen?' },
  means: {
    en: 'They read what it is and may ask for, and accept or decline. You cannot ask yourself.',
    de: 'Die Person liest, was er ist und wonach er fragen darf, und stimmt zu oder lehnt ab. Sich selbst können Sie nicht bitten.',
  },
  role: { en: 'As', de: 'Als' },
  owner: { en: 'Owner', de: 'Verantwortliche Person' },
  ownerMeans: {
    en: 'In the place of whoever owns it now.',
    de: 'An Stelle der Person, die jetzt verantwortlich ist.',
  },
  deputy: { en: 'Deputy', de: 'Vertretung' },
  deputyMeans: {
    en: 'In the place of whoever stands in now.',
    de: 'An Stelle der Person, die jetzt vertritt.',
  },
  person: { en: 'E-mail address', de: 'E-Mail-Adresse' },
  ask: { en: 'Ask them', de: 'Fragen' },
  incomplete: { en: 'Choose in what capacity, and say whom.', de: 'Wählen Sie, als was, und nennen Sie wen.' },
});

/** A3-2: a new key for an agent. */
export const ROTATION = words({
  title: { en: 'A new key for {agent}', de: 'Ein neuer Schlüssel für {agent}' },
  ends: {
    en: 'What people approved ends when the key changes: they approved it for the agent that holds the old one. It asks again.',
    de: 'Mit dem Wechsel endet, was Menschen erlaubt haben: Sie erlaubten es dem Agenten mit dem alten Schlüssel. Er fragt neu.',
  },
  waits: {
    en: 'Its owner has to agree first. Until then nothing changes.',
    de: 'Erst muss die verantwortliche Person zustimmen. Bis dahin ändert sich nichts.',
  },
  pending: {
    en: 'A change of its registration waits for its owner. Yours takes its place.',
    de: 'Eine Änderung der Registrierung wartet auf die verantwortliche Person. Ihre tritt an deren Stelle.',
  },
  now: { en: 'Keys now', de: 'Schlüssel jetzt' },
  key: { en: 'Key', de: 'Schlüssel' },
  until: { en: 'Counts until', de: 'Gilt bis' },
  noEnd: { en: 'no end', de: 'ohne Ende' },
  atAddress: { en: 'Its keys stand at {address}.', de: 'Die Schlüssel stehen unter {address}.' },
  keys: { en: 'New public key', de: 'Neuer öffentlicher Schlüssel' },
  keysHint: {
    en: 'A key (JWK), a set of keys (JWKS), or the https address where they stand.',
    de: 'Ein Schlüssel (JWK), mehrere (JWKS) oder die https-Adresse, unter der sie stehen.',
  },
  overlap: { en: 'The old key counts on', de: 'Der alte Schlüssel gilt weiter' },
  overlapHint: {
    en: 'Counted from now. After that it is refused.',
    de: 'Ab jetzt gerechnet. Danach wird er abgewiesen.',
  },
  submit: { en: 'Rotate key', de: 'Schlüssel wechseln' },
  registeredAlready: {
    en: 'A key with this kid is registered already. Give the new one another kid.',
    de: 'Ein Schlüssel mit dieser kid ist schon registriert. Geben Sie dem neuen eine andere kid.',
  },
  addressKeepsNothing: {
    en: 'What counts at an address is what stands there. Choose “not at all”, and keep the old key there.',
    de: 'Unter einer Adresse gilt, was dort steht. Wählen Sie „gar nicht“, und lassen Sie den alten Schlüssel dort stehen.',
  },
  refused: { en: 'This cannot be registered: {detail}.', de: 'Das lässt sich nicht registrieren: {detail}.' },
});

/** What is wrong with keys that somebody registers; in English it is what RFC 7591 answers. */
export const KEYS_REFUSED = words({
  none: {
    en: 'register a public key by jwks or jwks_uri: agents have keys, not secrets',
    de: 'registrieren Sie einen öffentlichen Schlüssel als jwks oder jwks_uri: Agenten haben Schlüssel, keine Geheimnisse',
  },
  address: { en: 'jwks_uri must be an https URL', de: 'jwks_uri muss eine https-Adresse sein' },
  wanted: {
    en: 'a public key for ES256, EdDSA or PS256 (RSA of at least 2048 bits)',
    de: 'ein öffentlicher Schlüssel für ES256, EdDSA oder PS256 (RSA mit mindestens 2048 Bit)',
  },
  unusable: {
    en: 'jwks must hold {wanted}, and at most 20 keys',
    de: 'in jwks muss {wanted} stehen, und höchstens 20 Schlüssel',
  },
  useless: {
    en: 'key {position} of jwks is not {wanted}: leave it out, or say what it is for, as use=enc does',
    de: 'Schlüssel {position} in jwks ist anders als verlangt ({wanted}): Lassen Sie ihn weg oder sagen Sie, wozu er da ist, wie use=enc es tut',
  },
});

/** For how long, as the form sends it: seconds behind a letter, in this order. */
export const KEY_OVERLAP = words({
  s0: { en: 'not at all', de: 'gar nicht' },
  s3600: { en: 'for an hour', de: 'eine Stunde' },
  s86400: { en: 'for a day', de: 'einen Tag' },
  s604800: { en: 'for a week', de: 'eine Woche' },
  s2592000: { en: 'for 30 days', de: '30 Tage' },
});
