import { LONGEST_SECRET, newClientSecret, SECRET_METHODS, type SecretMethod } from '../agents/client-secret.ts';
import { type Act, conflict, done, unacceptable, unknown } from './admin.ts';
import { type AdminDependencies, type Answer, agentOf, type Call } from './call.ts';
import { gives, input, oneOf, plain, reference, takes, whole } from './input.ts';
import { always, count, instant, object, one, text } from './shapes.ts';

/** The secrets of the few clients that an administrator allowed one. */
export interface ClientSecretAdministration {
  /** Ids of the clients of this agent. */
  clients(organization: string, agent: string): Promise<string[]>;
  /** A secret that waits for the owner; in the place of one that waited. */
  make(
    act: Act,
    secret: {
      agent: string;
      clientId: string;
      hash: Buffer;
      method: SecretMethod;
      reason: string;
      expiresAt: Date;
      /** For which the former one counts on. */
      overlapSeconds: number;
    },
  ): Promise<{ waitsFor: string } | { refused: string }>;
  /** False: it has none. */
  end(act: Act, secret: { agent: string; clientId: string; reason: string }): Promise<boolean>;
}

/** What the admin API needs of them. */
export interface ClientSecretsForAdmins {
  administration: ClientSecretAdministration;
  hash(secret: string): Buffer;
}

const DAY = 86_400;

const making = input<{
  organization?: string;
  client?: string;
  method?: SecretMethod;
  reason: string;
  expires_in?: number;
  overlap?: number;
}>(
  {
    organization: reference,
    client: reference,
    method: oneOf(...SECRET_METHODS),
    reason: plain(200),
    expires_in: whole(3600, LONGEST_SECRET * DAY),
    overlap: whole(0, 7 * DAY),
  },
  ['reason'],
);

/**
 * An exception for one client that cannot hold a key: a secret of ours, shown in this answer alone, for a while. It
 * counts once the agent's owner agreed. Asked again, it is the next one, and the one before counts on for a day.
 */
export const makeClientSecret: Answer = async (call, dependencies) => {
  const asked = making(call.body);
  if (!asked.ok) return asked;
  const found = await clientOf(call, asked.value, dependencies);
  if (!found.ok) return found;
  const { act, agent, clientId } = found.value;
  const { method = 'client_secret_basic', reason, expires_in: seconds = 90 * DAY, overlap = DAY } = asked.value;
  const secret = newClientSecret();
  const expiresAt = new Date(Date.now() + seconds * 1000);
  const { administration, hash } = dependencies.clientSecrets;
  const made = await administration.make(act, {
    agent: agent.id,
    clientId,
    hash: hash(secret),
    method,
    reason,
    expiresAt,
    overlapSeconds: overlap,
  });
  if ('refused' in made) return unacceptable('no_secret', `${agent.name} gets no secret: ${made.refused}`);
  return done({
    agent,
    client_id: clientId,
    client_secret: secret,
    client_secret_expires_at: expiresAt,
    token_endpoint_auth_method: method,
    former_counts_seconds: overlap,
    pending_change: { id: made.waitsFor, waits_for: 'owner' },
  });
};
takes(makeClientSecret, { body: making });
gives(
  makeClientSecret,
  object({
    agent: object({ id: text, name: text }),
    client_id: text,
    client_secret: text,
    client_secret_expires_at: instant,
    token_endpoint_auth_method: one(...SECRET_METHODS),
    former_counts_seconds: count,
    pending_change: object({ id: text, waits_for: always('owner') }),
  }),
);

const ending = input<{ organization?: string; client?: string; reason: string }>(
  { organization: reference, client: reference, reason: plain(200) },
  ['reason'],
);

/** The exception ends: no secret of this client counts any more, and it authenticates by its keys again. */
export const endClientSecret: Answer = async (call, dependencies) => {
  const asked = ending(call.body);
  if (!asked.ok) return asked;
  const found = await clientOf(call, asked.value, dependencies);
  if (!found.ok) return found;
  const { act, agent, clientId } = found.value;
  const { reason } = asked.value;
  const ended = await dependencies.clientSecrets.administration.end(act, { agent: agent.id, clientId, reason });
  return ended ? done({ agent, client_id: clientId, ended: true }) : unknown(`a secret of ${agent.name}`);
};
takes(endClientSecret, { body: ending });
gives(endClientSecret, object({ agent: object({ id: text, name: text }), client_id: text, ended: always(true) }));

/** The one client of an agent, or the one that is named. */
async function clientOf(
  call: Call,
  { organization, client }: { organization?: string; client?: string },
  dependencies: AdminDependencies,
) {
  const found = await agentOf(call, call.params.agent ?? '', organization, dependencies);
  if (!found.ok) return found;
  const { id, name } = found.value;
  const act: Act = { organization: found.value.organization.id, caller: call.caller };
  const clients = await dependencies.clientSecrets.administration.clients(act.organization, id);
  const [first, ...others] = client === undefined ? clients : clients.filter((one) => one === client);
  if (first === undefined) return unknown(`a client of ${name}`);
  if (others.length > 0) return conflict('several_clients', `${name} has several clients: name one as client`);
  return done({ act, agent: { id, name }, clientId: first });
}
