import { newId } from '../oauth/ids.ts';
import { type Act, conflict, done, forbidden, unknown } from './admin.ts';
import { type Answer, organizationOf, personOf } from './call.ts';
import { gives, input, oneOf, plain, reference, takes } from './input.ts';
import type { Page, PageAsked } from './listing.ts';
import { listed, listQuery } from './lists.ts';
import { always, instant, maybe, object, one, pageOfMany, text } from './shapes.ts';

/** A person's passkeys are to be ended, because all of their devices are lost. */
export interface ListedRecovery {
  id: string;
  person: string;
  email: string;
  reason: string;
  asked_by: string;
  asked_by_name: string;
  asked_at: Date;
  expires_at: Date;
  confirmed_by: string | null;
  confirmed_at: Date | null;
  /** Who called it off: the person that it is about, or an administrator. */
  ended_by: string | null;
  ended_at: Date | null;
}

export type RecoveryState = 'waiting' | 'confirmed' | 'refused' | 'cancelled' | 'over';

/** What became of it. Pure. */
export function recoveryState(
  { person, confirmed_at, ended_by, expires_at }: Omit<ListedRecovery, 'email' | 'reason'>,
  now: Date,
): RecoveryState {
  if (confirmed_at) return 'confirmed';
  if (ended_by !== null) return ended_by === person ? 'refused' : 'cancelled';
  return expires_at <= now ? 'over' : 'waiting';
}

export interface RecoveryAdministration {
  /** The latest first. */
  list(organization: string, asked: PageAsked): Promise<Page<ListedRecovery>>;
  find(organization: string, id: string): Promise<ListedRecovery | undefined>;
  /** With its evidence and a notice to the person, by every way they are reached. */
  ask(act: Act, recovery: { id: string; person: string; reason: string }): Promise<void>;
  /**
   * Ends every passkey and session of the person, with evidence and the same notice. False where it was confirmed
   * meanwhile, was called off, or is over.
   */
  confirm(act: Act, id: string): Promise<boolean>;
  /** Calls it off, with evidence and a notice. False where it does not wait any more. */
  cancel(act: Act, id: string): Promise<boolean>;
}

const asked = input<{ organization?: string; reason: string }>({ organization: reference, reason: plain(200) }, [
  'reason',
]);

/** The first of two administrators. Nothing happens to the person's passkeys yet. */
export const askRecovery: Answer = async (call, dependencies) => {
  const wanted = asked(call.body);
  if (!wanted.ok) return wanted;
  if (call.caller.kind !== 'person') return onlyPeople;
  const organization = await organizationOf(call, wanted.value.organization, dependencies);
  if (!organization.ok) return organization;
  const person = await personOf(organization.value, call.params.person ?? '', dependencies);
  if (!person.ok) return person;
  const { id: who, email } = person.value;
  // One's own power to approve is in other hands than one's own.
  if (who === call.caller.person.id) return forbidden('own_passkeys', 'two other administrators restore your passkeys');
  const id = newId('rec');
  const { reason } = wanted.value;
  await dependencies.recoveries.ask(
    { organization: organization.value.id, caller: call.caller },
    { id, person: who, reason },
  );
  const made = await dependencies.recoveries.find(organization.value.id, id);
  return done({ id, person: who, email, expires_at: made?.expires_at, needs: 'another administrator' });
};
takes(askRecovery, { body: asked });
gives(askRecovery, object({ id: text, person: text, email: text, expires_at: instant, needs: text }));

const whose = input<{ organization?: string }>({ organization: reference });

/** The second one. From now on the person begins anew, and what they add is held back for a day. */
export const confirmRecovery: Answer = async (call, dependencies) => {
  const wanted = whose(call.body ?? {});
  if (!wanted.ok) return wanted;
  if (call.caller.kind !== 'person') return onlyPeople;
  const organization = await organizationOf(call, wanted.value.organization, dependencies);
  if (!organization.ok) return organization;
  const id = call.params.recovery ?? '';
  const recovery = await dependencies.recoveries.find(organization.value.id, id);
  if (!recovery) return unknown(`recovery ${id}`);
  const { id: caller } = call.caller.person;
  if (caller === recovery.asked_by || caller === recovery.person) {
    return forbidden(
      'same_person',
      'another administrator than the one who asked, and than the person, has to confirm',
    );
  }
  const confirmed = await dependencies.recoveries.confirm(
    { organization: organization.value.id, caller: call.caller },
    id,
  );
  return confirmed
    ? done({ id, person: recovery.person, email: recovery.email, confirmed: true })
    : conflict('over', 'it was confirmed or called off before, or nobody confirmed it within a day: ask again');
};
takes(confirmRecovery, { body: whose });
gives(confirmRecovery, object({ id: text, person: text, email: text, confirmed: always(true) }));

/** One administrator is enough to call it off, whoever asked. */
export const cancelRecovery: Answer = async (call, dependencies) => {
  const wanted = whose(call.body ?? {});
  if (!wanted.ok) return wanted;
  if (call.caller.kind !== 'person') return onlyPeople;
  const organization = await organizationOf(call, wanted.value.organization, dependencies);
  if (!organization.ok) return organization;
  const id = call.params.recovery ?? '';
  const recovery = await dependencies.recoveries.find(organization.value.id, id);
  if (!recovery) return unknown(`recovery ${id}`);
  const act = { organization: organization.value.id, caller: call.caller };
  return (await dependencies.recoveries.cancel(act, id))
    ? done({ id, person: recovery.person, email: recovery.email, cancelled: true })
    : conflict('over', 'it does not wait any more');
};
takes(cancelRecovery, { body: whose });
gives(cancelRecovery, object({ id: text, person: text, email: text, cancelled: always(true) }));

const someRecoveries = listQuery({ confirmed: oneOf('true', 'false') });

export const listRecoveries: Answer = async (call, dependencies) => {
  const now = new Date();
  const recoveries = await listed(call, someRecoveries, dependencies, async ({ id }, asked) => {
    const { rows, next } = await dependencies.recoveries.list(id, asked);
    return { rows: rows.map((recovery) => ({ ...recovery, state: recoveryState(recovery, now) })), next };
  });
  return recoveries.ok ? done({ recoveries: recoveries.value.rows, next: recoveries.value.next }) : recoveries;
};
takes(listRecoveries, { query: someRecoveries });
gives(
  listRecoveries,
  pageOfMany(
    'recoveries',
    object({
      id: text,
      organization: text,
      person: text,
      email: text,
      reason: text,
      asked_by: text,
      asked_by_name: text,
      asked_at: instant,
      expires_at: instant,
      confirmed_by: maybe(text),
      confirmed_at: maybe(instant),
      ended_by: maybe(text),
      ended_at: maybe(instant),
      state: one('waiting', 'confirmed', 'refused', 'cancelled', 'over'),
    }),
  ),
);

const onlyPeople = forbidden('only_people', 'two people do this: sign in as an administrator of the organization');
