import type { BackchannelSettings } from '../approvals/backchannel.ts';
import { type Act, type AdminOutcome, done } from './admin.ts';
import { type Answer, organizationOf } from './call.ts';
import { gives, input, listOf, reference, takes } from './input.ts';
import { many, object, text, truth } from './shapes.ts';

export interface BackchannelAdministration {
  get(organization: string): Promise<BackchannelSettings>;
  put(act: Act, settings: BackchannelSettings): Promise<void>;
}

/** What an organization says about requests from behind: may agents hear why, and where may clients be told? */
export const getBackchannel: Answer = async (call, dependencies) => {
  const organization = await organizationOf(call, call.query.organization, dependencies);
  if (!organization.ok) return organization;
  return done(shown(await dependencies.backchannel.get(organization.value.id)));
};
const SETTINGS = object({ tells_reason: truth, notification_hosts: many(text) });
gives(getBackchannel, SETTINGS);

const wanted = input<{ organization?: string; tells_reason?: boolean; notification_hosts?: string[] }>({
  organization: reference,
  tells_reason: { type: 'boolean' },
  notification_hosts: listOf(
    { type: 'string', pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$', maxLength: 253 },
    0,
    100,
  ),
});

/** What is left out stays as it is. */
export const putBackchannel: Answer = async (call, dependencies): Promise<AdminOutcome<object>> => {
  const asked = wanted(call.body);
  if (!asked.ok) return asked;
  const organization = await organizationOf(call, asked.value.organization, dependencies);
  if (!organization.ok) return organization;
  const before = await dependencies.backchannel.get(organization.value.id);
  const settings = {
    tellsReason: asked.value.tells_reason ?? before.tellsReason,
    notificationHosts: asked.value.notification_hosts ?? before.notificationHosts,
  };
  await dependencies.backchannel.put({ organization: organization.value.id, caller: call.caller }, settings);
  return done(shown(settings));
};
takes(putBackchannel, { body: wanted });
gives(putBackchannel, SETTINGS);

const shown = ({ tellsReason, notificationHosts }: BackchannelSettings) => ({
  tells_reason: tellsReason,
  notification_hosts: notificationHosts,
});
