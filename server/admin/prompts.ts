import { PROMPT_LIMITS, type PromptLimits, REACHES } from '../approvals/budget.ts';
import { type PromptAdvice, type PromptQuality, promptAdvice } from '../approvals/quality.ts';
import { type Act, done } from './admin.ts';
import { type Answer, organizationOf } from './call.ts';
import { gives, input, reference, takes, whole } from './input.ts';
import { count, many, mapOf, maybe, number, object, text, truth } from './shapes.ts';

export interface PromptAdministration {
  /** By action, the most asked first. */
  quality(organization: string, days: number): Promise<PromptQuality[]>;
  limits(organization: string): Promise<PromptLimits>;
  setLimits(act: Act, limits: object): Promise<void>;
}

/** As many as a report covers where nobody asks for others. */
export const REPORT_DAYS = 7;

/** How people answered, action by action, and what to do about it: the same for the API and the console. */
export const reportOf = async (
  { prompts }: { prompts: Pick<PromptAdministration, 'quality'> },
  organization: string,
  days: number,
): Promise<(PromptQuality & { advice: PromptAdvice | undefined })[]> =>
  (await prompts.quality(organization, days)).map((one) => ({ ...one, advice: promptAdvice(one) }));

const report = input<{ organization?: string; days?: string }>({
  organization: reference,
  days: { type: 'string', pattern: '^[1-9][0-9]?$', description: '1 to 99' },
});

/** How people answer what they are asked, action by action, and where they no longer read it. */
export const promptReport: Answer = async (call, dependencies) => {
  const asked = report(call.query);
  if (!asked.ok) return asked;
  const { days = String(REPORT_DAYS), organization: named } = asked.value;
  const organization = await organizationOf(call, named, dependencies);
  if (!organization.ok) return organization;
  return done({ days: Number(days), actions: await reportOf(dependencies, organization.value.id, Number(days)) });
};
takes(promptReport, { query: report });
gives(
  promptReport,
  object({
    days: count,
    actions: many(
      object(
        {
          action: text,
          impact: text,
          prompts: count,
          approved: count,
          denied: count,
          expired: count,
          median_seconds: maybe(number),
          deny_reasons: mapOf(count),
        },
        { advice: text },
      ),
    ),
  }),
);
const PER_REACH = object(Object.fromEntries(REACHES.map((reach) => [reach, count])));
const PROMPT_LIMITS_SHAPE = object({
  cool_off_minutes: count,
  mute_after_denials: count,
  mute_after_expiries: count,
  mute_days: count,
  fast_decisions: count,
  open: PER_REACH,
  hourly: PER_REACH,
  pushes: object({ open_of_agent: count, ten_minutes: count, day: count }),
  batch: truth,
  standing: truth,
});

/** How much agents may ask people. */
export const getPromptLimits: Answer = async (call, dependencies) => {
  const organization = await organizationOf(call, call.query.organization, dependencies);
  if (!organization.ok) return organization;
  return done({
    limits: await dependencies.prompts.limits(organization.value.id),
    standard: PROMPT_LIMITS,
  });
};
gives(getPromptLimits, object({ limits: PROMPT_LIMITS_SHAPE, standard: PROMPT_LIMITS_SHAPE }));

const numbers = (most: number) => ({
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(REACHES.map((reach) => [reach, whole(1, most)])),
});

const LIMITS = input<{ organization?: string } & Partial<PromptLimits>>({
  organization: reference,
  cool_off_minutes: whole(0, 1440),
  mute_after_denials: whole(1, 100),
  mute_after_expiries: whole(1, 100),
  mute_days: whole(1, 30),
  fast_decisions: whole(0, 1000),
  open: numbers(1_000_000),
  hourly: numbers(1_000_000),
  pushes: {
    type: 'object',
    additionalProperties: false,
    properties: { open_of_agent: whole(0, 100), ten_minutes: whole(0, 1000), day: whole(0, 10_000) },
  },
  batch: { type: 'boolean' },
  standing: { type: 'boolean' },
});

/** Sets limits of one organization; what is not named is as the server says. */
export const setPromptLimits: Answer = async (call, dependencies) => {
  const asked = LIMITS(call.body);
  if (!asked.ok) return asked;
  const { organization: named, ...limits } = asked.value;
  const organization = await organizationOf(call, named, dependencies);
  if (!organization.ok) return organization;
  await dependencies.prompts.setLimits({ organization: organization.value.id, caller: call.caller }, limits);
  return done({ limits: await dependencies.prompts.limits(organization.value.id) });
};
takes(setPromptLimits, { body: LIMITS });
gives(setPromptLimits, object({ limits: PROMPT_LIMITS_SHAPE }));
