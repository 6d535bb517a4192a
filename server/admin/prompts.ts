import { PROMPT_LIMITS, type PromptLimits, REACHES } from '../approvals/budget.ts';
import { type PromptQuality, promptAdvice } from '../approvals/quality.ts';
import { type Act, done, malformed } from './admin.ts';
import { type Answer, organizationOf } from './call.ts';
import { input, reference, takes, whole } from './input.ts';

export interface PromptAdministration {
  /** By action, the most asked first. */
  quality(organization: string, days: number): Promise<PromptQuality[]>;
  limits(organization: string): Promise<PromptLimits>;
  setLimits(act: Act, limits: object): Promise<void>;
}

const DAYS = 7;

/** How people answer what they are asked, action by action, and where they no longer read it. */
export const promptReport: Answer = async (call, dependencies) => {
  const { days = String(DAYS), organization: named } = call.query;
  if (!/^[1-9]\d?$/.test(days)) return malformed('days must be a number from 1 to 99');
  const organization = await organizationOf(call, named, dependencies);
  if (!organization.ok) return organization;
  const quality = await dependencies.prompts.quality(organization.value.id, Number(days));
  return done({
    days: Number(days),
    actions: quality.map((one) => ({ ...one, advice: promptAdvice(one) })),
  });
};

/** How much agents may ask people. */
export const getPromptLimits: Answer = async (call, dependencies) => {
  const organization = await organizationOf(call, call.query.organization, dependencies);
  if (!organization.ok) return organization;
  return done({
    limits: await dependencies.prompts.limits(organization.value.id),
    standard: PROMPT_LIMITS,
  });
};

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
