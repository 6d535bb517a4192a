import type Router from '@koa/router';

import { adminActionPages } from './action-pages.ts';
import { adminAgentPages } from './agent-pages.ts';
import { adminAgentSides } from './agent-sides.ts';
import { adminApprovalPages } from './approval-pages.ts';
import { adminAuditPages } from './audit-pages.ts';
import { adminClaimPages } from './claim-pages.ts';
import type { Console } from './console.ts';
import { adminDocumentPages } from './document-pages.ts';
import { adminGroupPages } from './group-pages.ts';
import { adminNewActionPages } from './new-action-pages.ts';
import { adminOfferPages } from './offer-pages.ts';
import { adminOverviewPages } from './overview-pages.ts';
import { adminPeoplePages } from './people-pages.ts';
import { adminPersonPages } from './person-pages.ts';
import { adminPolicyPages } from './policy-pages.ts';
import { adminRecoveryPages } from './recovery-pages.ts';
import { adminRegisterPages } from './register-pages.ts';
import { adminReviewPages } from './review-pages.ts';
import { adminStopPages } from './stop-pages.ts';

/** Every page of the console. A new one stands here, and is then held to nobody else's organization seeing through it. */
const PAGES = [
  adminOverviewPages,
  adminApprovalPages,
  adminRegisterPages,
  adminAgentPages,
  adminNewActionPages,
  adminActionPages,
  adminPolicyPages,
  adminGroupPages,
  adminDocumentPages,
  adminClaimPages,
  adminAgentSides,
  adminOfferPages,
  adminReviewPages,
  adminPeoplePages,
  adminPersonPages,
  adminRecoveryPages,
  adminStopPages,
  adminAuditPages,
] as const;

/** What all of them need together. */
export type ConsolePagesDependencies = Everything<Parameters<(typeof PAGES)[number]>[2]>;
type Everything<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

export function consolePages(router: Router, console: Console, dependencies: ConsolePagesDependencies): void {
  for (const mount of PAGES) mount(router, console, dependencies);
}
