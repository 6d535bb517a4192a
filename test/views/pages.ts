import { agentPage } from '../../views/agent.tsx';
import { decisionPage } from '../../views/decision.tsx';
import { enrolPage } from '../../views/enrol.tsx';
import { errorPage } from '../../views/error.tsx';
import { homePage } from '../../views/home.tsx';
import { inboxPage } from '../../views/inbox.tsx';
import { myAgentsPage } from '../../views/my-agents.tsx';
import { allowedWords, deniedWords, expiredWords, resultPage } from '../../views/result.tsx';
import { signInPage } from '../../views/sign-in.tsx';
import { signedOutPage } from '../../views/signed-out.tsx';
import {
  deleteRepository,
  exportContacts,
  frame,
  inbox,
  myAgents,
  oneAgent,
  readCalendar,
  refund,
  sendInvitations,
  severalActions,
} from './samples.ts';

const visitor = { organizationName: 'Acme' };

/** Pages in which a person decides. */
export const decisions: Record<string, string> = {
  'read-calendar': decisionPage(readCalendar),
  'send-invitations': decisionPage(sendInvitations),
  'export-contacts': decisionPage(exportContacts),
  refund: decisionPage(refund),
  'delete-repository': decisionPage(deleteRepository),
  'self-registered': decisionPage({
    ...readCalendar,
    agentName: 'Trip Planner',
    warnUnverified: 'trips.example.com',
    who: {
      ...readCalendar.who,
      registered: 'Not verified — registered itself from host trips.example.com',
      firstRequest: true,
    },
  }),
};

/** Longer decisions, and those that were sent back. */
export const variants: Record<string, string> = {
  'several-actions': decisionPage(severalActions),
  'number-wrong': decisionPage({ ...exportContacts, number: { wrong: true } }),
  'amount-wrong': decisionPage({
    ...refund,
    criticalValue: { label: 'Type the amount to refund', hint: 'As shown above, for example 1,234.00', wrong: true },
  }),
  'choice-missing': decisionPage({ ...severalActions, error: 'Choose Allow or Deny for each line.' }),
};

/** Pages of a person who is signed in. */
export const account: Record<string, string> = {
  inbox: inboxPage(inbox),
  'inbox-empty': inboxPage({ frame, waiting: [], earlier: { allowed: 0, denied: 0, expired: 0 }, recent: [] }),
  agents: myAgentsPage(myAgents),
  'agents-none': myAgentsPage({ ...myAgents, agents: [] }),
  agent: agentPage(oneAgent),
  allowed: resultPage({
    frame,
    ...allowedWords({
      agentName: 'Finance Agent',
      duration: 'once',
      headline: 'refund EUR 4,200.00 to Nordwind GmbH',
      until: '14:12',
    }),
    receipt: [
      { label: 'What', value: 'Refund invoice INV-20991 in full' },
      { label: 'System', value: 'Stripe — account Acme GmbH (live)' },
      { label: 'Receipt', value: 'tsk_91c' },
    ],
    continueTo: { url: 'https://agent.example/callback?code=c', label: 'Return to Finance Agent', automatic: false },
    stop: { action: '/tasks/tsk_91c/stop', csrf: 'csrf-value', label: 'Stop this now' },
  }),
  denied: resultPage({
    frame,
    ...deniedWords('Finance Agent'),
    detail: 'Finance Agent cannot ask again for this until 14:20.',
    denyReasons: { action: '/r/req_8f2k/reason', csrf: 'csrf-value' },
  }),
  expired: resultPage({ frame, ...expiredWords('14:12') }),
};

/** Pages of somebody who is not. */
export const entrance: Record<string, string> = {
  'sign-in': signInPage({ frame: visitor, csrf: 'csrf-value', action: '/sign-in' }),
  'sign-in-refused': signInPage({
    frame: visitor,
    csrf: 'csrf-value',
    action: '/sign-in',
    error: 'That e-mail address and password do not fit together.',
    email: 'person@acme.example',
  }),
  home: homePage({
    frame: visitor,
    signInUrl: '/sign-in',
    documents: [
      { href: '/.well-known/openid-configuration', label: 'OpenID configuration' },
      { href: '/.well-known/oauth-authorization-server', label: 'Authorization server metadata' },
    ],
  }),
  enrol: enrolPage({ csrf: 'csrf-value', action: '/enrol', fields: {} }),
  'signed-out': signedOutPage({ frame: visitor, signInUrl: '/sign-in' }),
  error: errorPage({
    title: 'This page does not exist',
    message: 'Nothing was found at this address.',
    nextStep: 'Check the address, or go back to the start.',
    requestId: 'http_5k2m',
  }),
};

export const everyPage: Record<string, string> = { ...decisions, ...variants, ...account, ...entrance };
