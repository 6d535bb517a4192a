import { words } from './words.ts';

/** Agents that a person answers for, and those they are asked to. */
export const OWNED = words({
  title: { en: 'Agents you answer for', de: 'Agenten, für die Sie verantwortlich sind' },
  waiting: { en: 'Waiting for your answer', de: 'Wartet auf Ihre Antwort' },
  asksOwner: {
    en: '{person} asks you to answer for {agent} as its owner.',
    de: '{person} bittet Sie, die Verantwortung für {agent} zu übernehmen.',
  },
  asksDeputy: {
    en: '{person} asks you to answer for {agent} as its deputy.',
    de: '{person} bittet Sie, die Verantwortung für {agent} stellvertretend zu übernehmen.',
  },
  readAndAnswer: { en: 'Read and answer', de: 'Lesen und antworten' },
  asksToChange: {
    en: 'The builder of {agent} asks to change {members}.',
    de: 'Wer {agent} entwickelt, möchte {members} ändern.',
  },
  asksForSecret: {
    en: 'An administrator made a secret for {agent}.',
    de: 'Die Administration hat ein Geheimnis für {agent} ausgestellt.',
  },
  compareAndAnswer: { en: 'Compare and answer', de: 'Vergleichen und antworten' },
  none: { en: 'You answer for no agent.', de: 'Sie sind für keinen Agenten verantwortlich.' },
  asOwner: {
    en: 'You are its owner · {status} · {used} · review by {time}',
    de: 'Sie sind verantwortlich · {status} · {used} · prüfen bis {time}',
  },
  asDeputy: {
    en: 'You are its deputy · {status} · {used} · review by {time}',
    de: 'Sie vertreten · {status} · {used} · prüfen bis {time}',
  },
  people: { en: 'Owner {owner}, deputy {deputy}', de: 'Verantwortlich: {owner}, Vertretung: {deputy}' },
  suspend: { en: 'Suspend', de: 'Sperren' },
  suspendThis: { en: 'Suspend {agent}', de: '{agent} sperren' },
  reviewWhat: { en: 'Review what it may do', de: 'Prüfen, was er darf' },
  activate: { en: 'Activate', de: 'Aktivieren' },
  activateWhat: { en: 'Let it begin', de: 'Anfangen lassen' },
  activateMeans: {
    en: 'From then on it may ask people. It gets nothing that nobody approves.',
    de: 'Von da an darf er Menschen fragen. Er bekommt nichts, was niemand erlaubt.',
  },
  resume: { en: 'Resume', de: 'Fortfahren' },
  resumeWhat: { en: 'Let it ask again', de: 'Wieder fragen lassen' },
  resumeMeans: {
    en: 'What it could do before does not come back: it has to ask again.',
    de: 'Was er vorher durfte, kommt nicht zurück: Er muss neu fragen.',
  },
  retire: { en: 'Retire', de: 'Stilllegen' },
  retireWhat: { en: 'End it for good', de: 'Für immer beenden' },
  retireMeans: {
    en: 'It loses access now, and never comes back.',
    de: 'Er verliert jetzt jeden Zugang und kommt nie zurück.',
  },
  type: { en: 'Type {agent}', de: 'Geben Sie {agent} ein' },
  answerFor: { en: 'Answer for {agent}', de: 'Für {agent} verantwortlich sein' },
  anAdministrator: { en: 'An administrator', de: 'Die Administration' },
  asksYou: {
    en: '{person} asks you to answer for {agent}',
    de: '{person} bittet Sie um die Verantwortung für {agent}',
  },
  leadOwner: {
    en: 'As its owner. It does not act before you and a deputy accepted it.',
    de: 'Als verantwortliche Person. Er handelt nicht, bevor Sie und eine Vertretung zugestimmt haben.',
  },
  leadDeputy: {
    en: 'As its deputy. It does not act before you and an owner accepted it.',
    de: 'Als Vertretung. Er handelt nicht, bevor Sie und die verantwortliche Person zugestimmt haben.',
  },
  whatItIs: { en: 'What it is', de: 'Was er ist' },
  saysOfItself: { en: 'Says of itself', de: 'Sagt über sich' },
  nothingYet: { en: 'Nothing yet', de: 'Noch nichts' },
  runs: { en: 'Runs', de: 'Läuft' },
  attended: { en: 'With a person at the screen', de: 'Mit einem Menschen am Bildschirm' },
  unattended: {
    en: 'By itself, also when nobody is there',
    de: 'Von selbst, auch wenn niemand da ist',
  },
  sub_agent: { en: 'For other agents, as their helper', de: 'Für andere Agenten, als deren Helfer' },
  mayAskFor: { en: 'May ask for', de: 'Darf fragen nach' },
  anything: {
    en: 'Anything of the catalogue, one question at a time',
    de: 'Allem im Katalog, eine Frage nach der anderen',
  },
  sendsBackTo: { en: 'Sends people back to', de: 'Schickt Menschen zurück zu' },
  nowhere: { en: 'Nowhere', de: 'Nirgendwohin' },
  owner: { en: 'Owner', de: 'Verantwortlich' },
  deputy: { en: 'Deputy', de: 'Vertretung' },
  accepted: { en: '{person} (accepted)', de: '{person} (hat zugestimmt)' },
  stillAsked: { en: '{person} (asked)', de: '{person} (gefragt)' },
  asked: { en: 'Asked', de: 'Gefragt' },
  means: { en: 'What answering for it means', de: 'Was diese Verantwortung bedeutet' },
  dutyName: {
    en: 'People read your name when it asks them.',
    de: 'Menschen lesen Ihren Namen, wenn er sie fragt.',
  },
  dutyReview: {
    en: 'You confirm every {days} days what it may do, or narrow it, or end it. Otherwise it is suspended.',
    de: 'Sie bestätigen alle {days} Tage, was er darf, fassen es enger oder beenden ihn. Sonst wird er gesperrt.',
  },
  dutyChanges: {
    en: 'Changes of its keys and addresses wait for you.',
    de: 'Änderungen seiner Schlüssel und Adressen warten auf Sie.',
  },
  dutySuspend: {
    en: 'You can suspend it at any moment, in one step.',
    de: 'Sie können ihn jederzeit in einem Schritt sperren.',
  },
  dutyStandIn: {
    en: 'You stand in for its owner, and become its owner when that person leaves.',
    de: 'Sie vertreten die verantwortliche Person und treten an ihre Stelle, wenn sie geht.',
  },
  decline: { en: 'Decline', de: 'Ablehnen' },
  accept: { en: 'Accept', de: 'Zustimmen' },
  changeOf: { en: 'Change of {agent}', de: 'Änderung von {agent}' },
  builderAsks: {
    en: 'The builder of {agent} asks to change it',
    de: 'Wer {agent} entwickelt, möchte ihn ändern',
  },
  secretAsked: {
    en: 'A secret for {agent}',
    de: 'Ein Geheimnis für {agent}',
  },
  secretLead: {
    en: 'An administrator made it {time}. Whoever has it can ask in the name of this agent. If you do not know why it needs one, decline and ask them.',
    de: 'Die Administration hat es {time} ausgestellt. Wer es hat, kann im Namen dieses Agenten anfragen. Wenn Sie den Grund nicht kennen, lehnen Sie ab und fragen Sie nach.',
  },
  secretMeans: {
    en: 'Until you approve, the secret does not count. If the agent signs in with a key today, approving ends everything that people approved for it: it has to ask again.',
    de: 'Bis Sie zustimmen, gilt das Geheimnis nicht. Meldet der Agent sich heute mit einem Schlüssel an, endet mit Ihrer Zustimmung alles, was Menschen ihm erlaubt haben: Er muss neu fragen.',
  },
  changeLead: {
    en: 'Asked {time}. If you do not know why, decline and ask them: whoever holds their registration access could ask this.',
    de: 'Gefragt {time}. Wenn Sie den Grund nicht kennen, lehnen Sie ab und fragen Sie nach: Auch wer sich ihren Zugang verschafft hat, könnte so fragen.',
  },
  now: { en: 'Now', de: 'Jetzt' },
  after: { en: 'After', de: 'Danach' },
  nothing: { en: 'nothing', de: 'nichts' },
  changeMeans: {
    en: 'Until you approve, the old stays in force. Other keys or addresses end everything that people approved for it: it has to ask again.',
    de: 'Bis Sie zustimmen, gilt das Alte. Andere Schlüssel oder Adressen beenden alles, was Menschen ihm erlaubt haben: Er muss neu fragen.',
  },
  approve: { en: 'Approve', de: 'Freigeben' },
  review: { en: 'Review {agent}', de: '{agent} prüfen' },
  namedNone: {
    en: 'Anything of the catalogue: it named no actions.',
    de: 'Allem im Katalog: Er hat keine Aktionen genannt.',
  },
  keep: { en: 'Keep it as it is', de: 'So lassen' },
  narrow: { en: 'Narrow it: take away {actions}', de: 'Enger fassen: {actions} wegnehmen' },
});

/** What somebody should look at about an agent, by the name of its flag. */
export const AGENT_FLAGS = words({
  ownerless: {
    en: 'nobody who can sign in answers for it',
    de: 'niemand, der sich anmelden kann, ist für ihn verantwortlich',
  },
  no_deputy: {
    en: 'nobody stands in for its owner',
    de: 'niemand vertritt die verantwortliche Person',
  },
  not_accepted: {
    en: 'its owner or deputy has not accepted it',
    de: 'die verantwortliche Person oder die Vertretung hat nicht zugestimmt',
  },
  review_overdue: {
    en: 'its review is overdue: it will be suspended',
    de: 'seine Prüfung ist überfällig: er wird gesperrt',
  },
  reported: {
    en: 'people said they did not start what it asked',
    de: 'Menschen haben gemeldet, dass sie nicht gestartet hatten, was er wollte',
  },
  expiring: {
    en: 'it ends within 14 days',
    de: 'er endet innerhalb von 14 Tagen',
  },
  key_expiring: {
    en: 'its last key or certificate ends within 14 days',
    de: 'sein letzter Schlüssel oder sein letztes Zertifikat endet innerhalb von 14 Tagen',
  },
  review_due: {
    en: 'its review is due within 14 days',
    de: 'seine Prüfung ist innerhalb von 14 Tagen fällig',
  },
  waiting_change: {
    en: 'a change of its registration waits for its owner',
    de: 'eine Änderung seiner Registrierung wartet auf die verantwortliche Person',
  },
  muted: {
    en: 'people paused it',
    de: 'Menschen haben ihn angehalten',
  },
  never_used: {
    en: 'it was never used',
    de: 'er wurde nie genutzt',
  },
  dormant: {
    en: 'it was not used for 30 days',
    de: 'er wurde 30 Tage nicht genutzt',
  },
  over_privileged: {
    en: 'it may do what it did not do for 90 days',
    de: 'er darf, was er 90 Tage nicht getan hat',
  },
  self_registered: {
    en: 'nobody of the organization registered it',
    de: 'niemand aus der Organisation hat ihn registriert',
  },
  parentless: {
    en: 'it works for other agents, and none hands anything to it',
    de: 'er arbeitet für andere Agenten, und keiner gibt ihm etwas weiter',
  },
});
