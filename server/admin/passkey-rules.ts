import { type Act, done } from './admin.ts';
import { type Answer, organizationOf } from './call.ts';
import { gives, input, reference, takes } from './input.ts';
import { object, text, truth } from './shapes.ts';

export interface PasskeyRuleAdministration {
  deviceBound(organization: string): Promise<boolean>;
  setDeviceBound(act: Act, deviceBound: boolean): Promise<void>;
}

export const getPasskeyRules: Answer = async (call, dependencies) => {
  const place = await organizationOf(call, call.query.organization, dependencies);
  if (!place.ok) return place;
  const device_bound = await dependencies.passkeyRules.deviceBound(place.value.id);
  return done({ organization: place.value.slug, device_bound });
};
const RULES = object({ organization: text, device_bound: truth });
gives(getPasskeyRules, RULES);

const rules = input<{ organization?: string; device_bound: boolean }>(
  { organization: reference, device_bound: { type: 'boolean' } },
  ['device_bound'],
);

/** Whether passkeys that can leave their device count here: not where NIST 800-63B AAL3 is asked for. */
export const setPasskeyRules: Answer = async (call, dependencies) => {
  const asked = rules(call.body);
  if (!asked.ok) return asked;
  const place = await organizationOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  const { device_bound } = asked.value;
  await dependencies.passkeyRules.setDeviceBound({ organization: place.value.id, caller: call.caller }, device_bound);
  return done({ organization: place.value.slug, device_bound });
};
takes(setPasskeyRules, { body: rules });
gives(setPasskeyRules, RULES);
