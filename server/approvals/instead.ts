import type { Context } from 'koa';

import type { Offered } from '../../views/decision.tsx';
import type { Speaker } from '../../views/words/speaker.ts';
import type { ClientRecord } from '../agents/clients.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { isLess, parametersFor } from '../catalogue/instead.ts';
import { speakerFor } from '../people/language.ts';
import type { Person } from '../people/person.ts';
import { parseAgentRequest, whyNotAsked } from '../tasks/ask.ts';
import type { Suggested } from '../tasks/decision.ts';
import { toDetail } from '../tasks/request.ts';
import type { Approval } from './approval.ts';
import { quietUntil } from './budget.ts';
import { type DescribedAction, type DescribedTo, describeApproval } from './decide.ts';
import type { ApprovalPages } from './pages.ts';
import { isInBrowser } from './result.ts';
import { barredBy, ruleOn } from './ruling.ts';

/**
 * What the agent may be told to ask for instead: less of the same, as the catalogue says. Nothing is granted by it, ever:
 * whoever takes it says no, and decides about the other thing when that is asked (docs/decisions/0152). Undefined where
 * nothing is offered: also where asking for it would be refused, because the agent is not registered for it, a policy
 * forbids it, or it was denied lately.
 *
 * @param reader whom the task would be for
 */
export async function insteadOf(
  ctx: Context,
  approval: Approval,
  described: readonly DescribedAction[],
  { client, reader }: { client: ClientRecord; reader: Person },
  pages: Pick<ApprovalPages, 'catalogue' | 'prompts' | 'ruling'>,
): Promise<DescribedAction | undefined> {
  const { organization } = approval;
  const catalogue = pages.catalogue().seenBy(organization);
  const lesser = lesserBeside(described, catalogue, reader, speakerFor(ctx).catalogue);
  if (!lesser || !isHeard(ctx, approval)) return undefined;
  const asked = parseAgentRequest(
    {
      scope: undefined,
      details: [toDetail(lesser.requested)],
      resources: approval.resources,
      allowedTypes: client.metadata.authorization_details_types as string[] | undefined,
    },
    {
      catalogue,
      issuer: pages.ruling.issuer,
      organization,
      organizationDomains: reader.organizationDomains,
      limits: client.agent?.limits,
    },
  );
  if (!asked.ok) return undefined;
  const ruled = await ruleOn({ client, person: reader, asked: asked.value }, pages.ruling);
  if (barredBy(ruled) || whyNotAsked(ruled.asked, client, { ...reader, catalogue })) return undefined;
  // What was read before may make it weigh more than the catalogue says.
  if (ruled.asked.actions.some(({ after }) => after !== undefined)) return undefined;
  const { history, limits } = await pages.prompts.history(approval);
  return quietUntil([lesser.action.key], history, limits, new Date()) ? undefined : lesser;
}

/** Does the agent hear what is said to it by this answer? Where it waits for none it hears nothing. */
const isHeard = (ctx: Context, approval: Approval): boolean =>
  approval.kind === 'backchannel' || isInBrowser(ctx, approval);

/** What the catalogue has beside the one action that is asked, about the same thing and with these parameters less. Pure. */
export function lesserBeside(
  described: readonly DescribedAction[],
  catalogue: Catalogue,
  reader: DescribedTo,
  locale: string,
): DescribedAction | undefined {
  const [only] = described;
  if (!only || described.length > 1 || only.requested.viaScope !== undefined) return undefined;
  const other = catalogue.actions.get(only.action.instead ?? '');
  // A newer version of it may fit no more.
  if (!other || other.resource !== only.action.resource || other.resolve) return undefined;
  const parameters = parametersFor(other, only.requested.parameters);
  if (other.validate(parameters) !== undefined) return undefined;
  const { key: action, version, resource } = other;
  const [lesser] =
    describeApproval({ actions: [{ action, version, resource, parameters }] }, catalogue, reader, locale) ?? [];
  const weighed = ({ action, description: { impact } }: DescribedAction) => ({ action, impact });
  return lesser && isLess(weighed(only), weighed(lesser)) ? lesser : undefined;
}

/** As the decision keeps it. */
export const suggestedBy = ({ requested }: DescribedAction): Suggested => {
  const { action, version, resource, parameters } = requested;
  return { action, version, resource, parameters };
};

/** As the page offers it: in the catalogue's own words. */
export const offeredProps = ({ description }: DescribedAction, { language }: Speaker): Offered => ({
  headline: description.headline,
  impactLine: description.impactLine,
  impactSymbol: description.impactSymbol,
  taskLanguage: description.language === language ? undefined : description.language,
});
