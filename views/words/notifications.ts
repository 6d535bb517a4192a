import { words } from './words.ts';

/** What is sent to people, and where they say how (U11). What is sent names no task, no amount and nobody but the agent. */
export const NOTIFICATIONS = {
  ...words({
    // Sent.
    title: { en: '{agent} is waiting for you', de: '{agent} wartet auf Sie' },
    open: { en: 'Open it', de: 'Öffnen' },
    neverByLink: {
      en: 'We never ask you to approve by clicking a link. If you did not expect this, open it and choose Deny, or ignore it.',
      de: 'Wir bitten Sie nie, etwas durch einen Klick auf einen Link freizugeben. Wenn Sie das nicht erwartet haben, öffnen Sie es und wählen Sie „Ablehnen“, oder lassen Sie es liegen.',
    },
    /** Only where nobody else decides it. */
    notWithoutYou: { en: '{words} Nothing happens without you.', de: '{words} Ohne Sie geschieht nichts.' },
    deputyTitle: { en: '{agent} is waiting for {person}', de: '{agent} wartet auf {person}' },
    deputyBody: {
      en: '{person} has not opened it yet, and it ends {time}. Only {person} can decide: please tell them.',
      de: '{person} hat es noch nicht geöffnet, und es endet {time}. Entscheiden kann nur {person}: Bitte sagen Sie Bescheid.',
    },
    receipts: {
      en: 'Send me a receipt by e-mail when I allow something',
      de: 'Mir einen Beleg per E-Mail schicken, wenn ich etwas erlaube',
    },
    receiptTitle: { en: 'You allowed something: {agent}', de: 'Sie haben etwas erlaubt: {agent}' },
    receiptBody: {
      en: 'It holds until {time}. Sign in and open Your agents to look at it or to stop it.',
      de: 'Es gilt bis {time}. Melden Sie sich an und öffnen Sie „Ihre Agenten“, um es anzusehen oder zu stoppen.',
    },
    answered: { en: 'Answered', de: 'Beantwortet' },
    answeredBody: { en: 'Nothing waits here any more.', de: 'Hier wartet nichts mehr.' },
    digestTitle: {
      en: { one: '{count} request waits for you', other: '{count} requests wait for you' },
      de: { one: '{count} Anfrage wartet auf Sie', other: '{count} Anfragen warten auf Sie' },
    },
    digestBody: {
      en: 'You were not called for them, because you were called often enough. They stand in your inbox until they end.',
      de: 'Sie wurden dafür nicht gerufen, weil Sie oft genug gerufen wurden. Bis sie enden, stehen sie im Posteingang.',
    },
    testTitle: { en: 'This is how agents reach you', de: 'So erreichen Agenten Sie' },
    testBody: {
      en: 'A test that you asked for. Nothing is waiting for you.',
      de: 'Ein Test, um den Sie gebeten haben. Es wartet nichts auf Sie.',
    },

    // The page.
    heading: { en: 'Notifications', de: 'Benachrichtigungen' },
    lead: {
      en: 'They only tell you that something waits. You decide on the page that they open, and what you do not open waits in your inbox.',
      de: 'Eine Benachrichtigung sagt nur, dass etwas wartet. Entschieden wird auf der Seite, die sie öffnet, und was Sie nicht öffnen, wartet im Posteingang.',
    },
    saved: { en: 'Saved.', de: 'Gespeichert.' },
    removed: { en: 'Removed.', de: 'Entfernt.' },
    testSent: { en: 'A test is on its way.', de: 'Ein Test ist unterwegs.' },
    tooManyTests: {
      en: 'That were many tests. Try again in a quarter of an hour.',
      de: 'Das waren viele Tests. Versuchen Sie es in einer Viertelstunde noch einmal.',
    },
    tooMany: {
      en: 'There are as many as there can be. Remove one first.',
      de: 'Mehr passen nicht. Entfernen Sie zuerst etwas.',
    },

    devices: { en: 'Browsers and phones', de: 'Browser und Telefone' },
    enable: { en: 'Notify me in this browser', de: 'In diesem Browser benachrichtigen' },
    deviceName: { en: 'Name of this device', de: 'Name dieses Geräts' },
    addedOn: { en: 'Added {date}', de: 'Hinzugefügt am {date}' },
    reachedAt: { en: 'last reached {time}', de: 'zuletzt erreicht {time}' },
    notReached: { en: 'not reached yet', de: 'noch nicht erreicht' },
    sendTest: { en: 'Send a test', de: 'Test senden' },
    remove: { en: 'Remove', de: 'Entfernen' },
    testOf: { en: 'Send a test to {name}', de: 'Test an {name} senden' },
    removalOf: { en: 'Remove {name}', de: '{name} entfernen' },
    impossible: {
      en: 'This browser cannot be notified. Use another one, or e-mail.',
      de: 'Dieser Browser kann nicht benachrichtigt werden. Nehmen Sie einen anderen oder E-Mail.',
    },
    homeScreen: {
      en: 'On an iPhone or iPad: tap Share, then “Add to Home Screen”, open it from there, and come back to this page.',
      de: 'Auf iPhone oder iPad: Tippen Sie auf Teilen, dann „Zum Home-Bildschirm“, öffnen Sie es von dort und kommen Sie auf diese Seite zurück.',
    },
    refusedByBrowser: {
      en: 'Your browser does not allow it. Allow notifications for this page in its settings.',
      de: 'Ihr Browser erlaubt es nicht. Erlauben Sie Benachrichtigungen für diese Seite in seinen Einstellungen.',
    },
    noAnswer: {
      en: 'The notification service of this browser does not answer. Try again later, or use e-mail.',
      de: 'Der Benachrichtigungsdienst dieses Browsers antwortet nicht. Versuchen Sie es später noch einmal oder nehmen Sie E-Mail.',
    },
    needsScript: {
      en: 'A browser is added with script. Allow it for this page, or use e-mail.',
      de: 'Ein Browser wird mit Skript hinzugefügt. Erlauben Sie es für diese Seite oder nehmen Sie E-Mail.',
    },
    unknownService: {
      en: 'This browser uses a notification service that this server does not write to.',
      de: 'Dieser Browser nutzt einen Benachrichtigungsdienst, an den dieser Server nicht schreibt.',
    },

    email: { en: 'E-mail', de: 'E-Mail' },
    emailGoes: { en: 'To {address}.', de: 'An {address}.' },

    targets: { en: 'Other places', de: 'Andere Orte' },
    targetsHint: {
      en: 'A topic of ntfy, an incoming webhook of Slack or Teams, or a webhook of your own. Everybody who reads there sees that an agent waits for you.',
      de: 'Ein Thema bei ntfy, ein eingehender Webhook von Slack oder Teams oder ein eigener Webhook. Wer dort mitliest, sieht, dass ein Agent auf Sie wartet.',
    },
    kind: { en: 'What it is', de: 'Was es ist' },
    webhook: { en: 'Webhook of your own', de: 'Eigener Webhook' },
    address: { en: 'Its address', de: 'Seine Adresse' },
    addressWrong: {
      en: 'That is no address of this kind. It begins with https://.',
      de: 'Das ist keine Adresse dieser Art. Sie beginnt mit https://.',
    },
    add: { en: 'Add', de: 'Hinzufügen' },
    secretOnce: {
      en: 'What it receives is signed with this secret. It is shown only now: {secret}',
      de: 'Was er empfängt, ist mit diesem Geheimnis signiert. Es wird nur jetzt gezeigt: {secret}',
    },

    how: { en: 'When and how', de: 'Wann und wie' },
    first: { en: 'First', de: 'Zuerst' },
    afterwards: { en: 'If you do not open it, then', de: 'Wenn Sie es nicht öffnen, dann' },
    after: { en: 'How long to wait in between', de: 'Wie lange dazwischen gewartet wird' },
    nowhere: { en: 'Nowhere: only in the inbox', de: 'Nirgends: nur im Posteingang' },
    nothingMore: { en: 'Nothing more', de: 'Nichts weiter' },
    push: { en: 'Browsers and phones', de: 'Browser und Telefone' },
    chat: { en: 'ntfy, Slack or Teams', de: 'ntfy, Slack oder Teams' },
    detail: { en: 'What it says', de: 'Was darin steht' },
    minimal: { en: 'Who waits, and until when', de: 'Wer wartet, und bis wann' },
    summary: {
      en: 'The task in one line too. Anybody who sees your screen or mailbox can read it.',
      de: 'Auch die Aufgabe in einer Zeile. Wer Ihren Bildschirm oder Ihr Postfach sieht, kann sie lesen.',
    },
    quiet: { en: 'Quiet hours', de: 'Ruhezeit' },
    quietFrom: { en: 'From', de: 'Von' },
    quietTo: { en: 'To', de: 'Bis' },
    quietHint: {
      en: 'In {zone}. Leave both empty for none. Requests wait in your inbox meanwhile.',
      de: 'In {zone}. Lassen Sie beides leer für keine. Anfragen warten solange im Posteingang.',
    },
    highBreaks: {
      en: 'High impact may call me in quiet hours',
      de: 'Bei hoher Auswirkung darf es auch in der Ruhezeit klingeln',
    },
    deputy: { en: 'Who hears of it when I do not open it', de: 'Wer davon hört, wenn ich es nicht öffne' },
    deputyHint: {
      en: 'An e-mail address of your organization. They are told that somebody waits for you; they see no details, and cannot decide.',
      de: 'Eine E-Mail-Adresse Ihrer Organisation. Diese Person erfährt, dass jemand auf Sie wartet; sie sieht keine Einzelheiten und kann nicht entscheiden.',
    },
    deputyUnknown: {
      en: 'Nobody else in your organization has this address.',
      de: 'Niemand sonst in Ihrer Organisation hat diese Adresse.',
    },
    deputyAfter: { en: 'After', de: 'Nach' },
    save: { en: 'Save', de: 'Speichern' },
    notSaved: {
      en: 'Not saved: look at the marked fields.',
      de: 'Nicht gespeichert: Sehen Sie sich die markierten Felder an.',
    },
    quietWrong: { en: 'Fill in both times, or none.', de: 'Füllen Sie beide Zeiten aus oder keine.' },

    agents: { en: 'Agents that may notify you', de: 'Agenten, die Sie benachrichtigen dürfen' },
    agentsNone: {
      en: 'None yet. What other agents ask waits in your inbox, and you can let them notify you from there.',
      de: 'Noch keiner. Was andere Agenten fragen, wartet im Posteingang; von dort aus können Sie es ihnen erlauben.',
    },
    since: { en: 'since {date}', de: 'seit {date}' },

    groups: { en: 'Groups you decide with', de: 'Gruppen, in denen Sie mitentscheiden' },
    groupsHint: {
      en: 'What agents ask a group waits in your inbox in any case. Mute a group, and you are not called for it.',
      de: 'Was Agenten eine Gruppe fragen, wartet in jedem Fall in Ihrem Posteingang. Schalten Sie eine Gruppe stumm, klingelt es bei Ihnen nicht.',
    },
    groupMuted: { en: 'muted', de: 'stumm' },
    mute: { en: 'Mute', de: 'Stumm schalten' },
    muteOf: { en: 'Mute {name}', de: '{name} stumm schalten' },
    unmute: { en: 'Notify me again', de: 'Wieder benachrichtigen' },
    unmuteOf: { en: 'Notify me again: {name}', de: 'Wieder benachrichtigen: {name}' },

    code: { en: 'A code for those who may ask you', de: 'Ein Code für alle, die Sie fragen dürfen' },
    codeHint: {
      en: 'Programs that support it have to send this code with every request to you. Tell it only to those whose requests you want.',
      de: 'Programme, die das unterstützen, müssen diesen Code mit jeder Anfrage an Sie senden. Sagen Sie ihn nur denen, deren Anfragen Sie wollen.',
    },
    codeIsSet: { en: 'A code is set.', de: 'Ein Code ist gesetzt.' },
    codeNew: { en: 'New code', de: 'Neuer Code' },
    codeWrong: { en: 'A code has 6 to 64 characters.', de: 'Ein Code hat 6 bis 64 Zeichen.' },
    codeRemove: { en: 'Ask without a code again', de: 'Wieder ohne Code fragen lassen' },

    // First contact.
    contactHeading: { en: 'Who is {agent}?', de: 'Wer ist {agent}?' },
    contactKnown: { en: '{agent} and you', de: '{agent} und Sie' },
    contactLead: {
      en: 'Its requests wait in your inbox until you let it notify you. That allows it nothing else.',
      de: 'Seine Anfragen warten in Ihrem Posteingang, bis Sie ihm erlauben, Sie zu benachrichtigen. Sonst erlaubt das nichts.',
    },
    contactPurpose: { en: 'What it says it is for', de: 'Zweck, nach eigenen Angaben' },
    contactOwner: { en: 'Who answers for it', de: 'Verantwortlich' },
    contactRegistered: { en: 'Registered', de: 'Registriert' },
    contactMode: { en: 'How it works', de: 'Wie er arbeitet' },
    attended: { en: 'Somebody starts its tasks', de: 'Jemand startet seine Aufgaben' },
    unattended: { en: 'It works by itself', de: 'Er arbeitet von selbst' },
    mayNotify: { en: 'It may notify you since {date}.', de: 'Er darf Sie seit {date} benachrichtigen.' },
    allow: { en: 'Let it notify me', de: 'Darf mich benachrichtigen' },
    disallow: { en: 'Only the inbox again', de: 'Wieder nur im Posteingang' },
    block: { en: 'I do not want to hear from it', de: 'Ich will nichts von ihm hören' },
    whoIsIt: { en: 'Who is it?', de: 'Wer ist das?' },
    firstRequest: { en: 'First request', de: 'Erste Anfrage' },
    quietSince: {
      en: {
        one: '{count} request of {agent} was not announced ({because})',
        other: '{count} requests of {agent} were not announced ({because})',
      },
      de: {
        one: '{count} Anfrage von {agent} wurde nicht gemeldet ({because})',
        other: '{count} Anfragen von {agent} wurden nicht gemeldet ({because})',
      },
    },
  }),
  /** Beside the title: how much is at stake, and until when. */
  body: words({
    low: {
      en: 'Low-impact task · expires {time} · open it to review',
      de: 'Aufgabe mit geringer Auswirkung · endet {time} · zum Ansehen öffnen',
    },
    medium: {
      en: 'Medium-impact task · expires {time} · open it to review',
      de: 'Aufgabe mit mittlerer Auswirkung · endet {time} · zum Ansehen öffnen',
    },
    high: {
      en: 'High-impact task · expires {time} · open it to review',
      de: 'Aufgabe mit hoher Auswirkung · endet {time} · zum Ansehen öffnen',
    },
    critical: {
      en: 'Critical-impact task · expires {time} · open it to review',
      de: 'Aufgabe mit kritischer Auswirkung · endet {time} · zum Ansehen öffnen',
    },
  }),
  because: words({
    first_contact: { en: 'you do not know it yet', de: 'Sie kennen ihn noch nicht' },
    open_push: { en: 'one is open already', de: 'eine ist schon offen' },
    ten_minutes: { en: 'too many within ten minutes', de: 'zu viele in zehn Minuten' },
    day: { en: 'daily limit', de: 'Tageslimit' },
    muted: { en: 'you muted the group', de: 'Sie haben die Gruppe stumm geschaltet' },
    nowhere: { en: 'you are notified nowhere', de: 'Sie werden nirgends benachrichtigt' },
  }),
} as const;

/** What somebody is told who decides with a group from now on, or does not any more. */
export const GROUP_NEWS = words({
  joined: { en: 'You decide with a group now', de: 'Sie entscheiden jetzt in einer Gruppe mit' },
  joinedMeans: {
    en: 'What agents ask this group waits in your inbox too, and you are told of it. Which group it is, and how to mute it, stands in your settings.',
    de: 'Was Agenten diese Gruppe fragen, wartet auch in Ihrem Posteingang, und Sie hören davon. Welche Gruppe es ist und wie Sie sie stumm schalten, steht in Ihren Einstellungen.',
  },
  left: { en: 'You no longer decide with a group', de: 'Sie entscheiden in einer Gruppe nicht mehr mit' },
  leftMeans: {
    en: 'What agents ask this group does not reach you any more. If you do not know why, ask whoever administers it.',
    de: 'Was Agenten diese Gruppe fragen, erreicht Sie nicht mehr. Wenn Sie den Grund nicht kennen, fragen Sie die Administration.',
  },
});

/** What somebody is told who answered for an agent and does not any more. */
export const HANDED_OVER = words({
  owner: { en: 'You no longer answer for {agent}', de: 'Sie sind nicht mehr verantwortlich für {agent}' },
  ownerMeans: {
    en: '{person} is its owner now. If you do not know why, ask whoever administers it.',
    de: 'Verantwortlich ist jetzt {person}. Wenn Sie den Grund nicht kennen, fragen Sie die Administration.',
  },
  deputy: { en: 'You are no longer the deputy for {agent}', de: 'Sie sind nicht mehr die Vertretung für {agent}' },
  deputyMeans: {
    en: '{person} is its deputy now. If you do not know why, ask whoever administers it.',
    de: 'Die Vertretung ist jetzt {person}. Wenn Sie den Grund nicht kennen, fragen Sie die Administration.',
  },
});

/** What an owner is told of agents that wait for their review. */
export const REVIEW_NEWS = words({
  due: {
    en: { one: '{count} agent waits for your review', other: '{count} agents wait for your review' },
    de: { one: '{count} Agent wartet auf Ihre Prüfung', other: '{count} Agenten warten auf Ihre Prüfung' },
  },
  asked: {
    en: { one: '{campaign}: review {count} agent', other: '{campaign}: review {count} agents' },
    de: { one: '{campaign}: {count} Agenten prüfen', other: '{campaign}: {count} Agenten prüfen' },
  },
  means: {
    en: 'What you have not answered by {date} is suspended.',
    de: 'Was Sie bis zum {date} nicht beantwortet haben, wird gesperrt.',
  },
});

/** What an owner or deputy is told of what ends soon. */
export const EXPIRY_NEWS = words({
  credentials: {
    en: 'The key of {agent} ends soon',
    de: 'Der Schlüssel von {agent} läuft bald ab',
  },
  credentialsMeans: {
    en: 'Its last key, certificate or secret ends on {date}. After that it can do nothing: have its builder register the next one.',
    de: 'Der letzte Schlüssel, das letzte Zertifikat oder Geheimnis endet am {date}. Danach kann der Agent nichts mehr tun: Wer ihn entwickelt, muss den nächsten registrieren.',
  },
  secret_made: {
    en: '{agent} is to get a secret to sign in with',
    de: '{agent} soll ein Geheimnis zum Anmelden bekommen',
  },
  secret_madeMeans: {
    en: 'An administrator made it; it counts once the owner of the agent agreed, and ends on {date}. Whoever has it can then ask in the name of this agent. If you do not know why, ask them.',
    de: 'Die Administration hat es ausgestellt; es gilt erst, wenn zustimmt, wer für den Agenten verantwortlich ist, und endet am {date}. Wer es hat, kann dann im Namen dieses Agenten anfragen. Wenn Sie den Grund nicht kennen, fragen Sie nach.',
  },
  registration_token: {
    en: 'A registration code in your name ends soon',
    de: 'Ein Registrierungscode auf Ihren Namen läuft bald ab',
  },
  registration_tokenMeans: {
    en: 'It ends on {date}. Where more agents are to be registered with it, an administrator makes another one.',
    de: 'Er endet am {date}. Sollen damit noch Agenten registriert werden, stellt die Administration einen neuen aus.',
  },
});
