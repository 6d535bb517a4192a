import type { Context } from 'koa';
import { errors, type Provider } from 'oidc-provider';

import { type ClientStore, signsIn } from './agents/clients.ts';
import { isDocumentUrl } from './agents/document.ts';
import { type AskDependencies, approvalOfInteraction, askPerson } from './approvals/ask.ts';
import type { BrowserRequests } from './approvals/pages.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import { stateOf } from './http/request-state.ts';
import { allow, type Outcome, type Refusal, toWire } from './oauth/refusal.ts';
import { sessionOf } from './people/pages.ts';
import type { PeopleStore, Person, Session } from './people/person.ts';
import { parseAgentRequest } from './tasks/ask.ts';

/** The engine's interactions, as the pages need them. */
export function browserRequests({
  provider,
  issuer,
  catalogue,
  clients,
  people,
  ask,
  hasPasskey,
  refused,
}: {
  provider: () => Provider;
  issuer: string;
  catalogue: () => Catalogue;
  clients: ClientStore;
  people: PeopleStore;
  ask: AskDependencies;
  hasPasskey(person: Pick<Person, 'organization' | 'id'>): Promise<boolean>;
  /** Called when nobody is asked: the engine hears of it as of a person's no. */
  refused(refusal: Refusal, session: Session, clientId: string): Promise<void>;
}): BrowserRequests {
  return {
    async waitingFor(ctx) {
      const interaction = await interactionOf(ctx, provider());
      if (!interaction) return undefined;
      if (interaction.prompt.name === 'login') {
        // `prompt=login`, `max_age` and the command line ask for a sign-in that is younger than the request.
        const again = interaction.prompt.reasons.some((reason) => FRESH.has(reason));
        return again ? { freshSignIn: new Date(Number(interaction.prompt.details.asked_at)) } : 'sign_in';
      }
      const session = sessionOf(ctx);
      if (!session) return { approval: '' };
      // The browser that began the request must still be the same person's.
      if (interaction.session?.accountId !== session.person.id) return 'sign_in';
      const { shows } = interaction.prompt.details;
      const id = typeof shows === 'string' ? shows : approvalOfInteraction(interaction.uid);
      if (await ask.approvals.find(id)) return { approval: id };
      const opened = await openApproval(id, interaction.params, session);
      if (opened.ok) {
        if (opened.value !== id) await showing(interaction, opened.value);
        return { approval: opened.value };
      }
      const { refusal } = opened;
      await refused(refusal, session, String(interaction.params.client_id));
      // Nobody is asked: the client hears why, instead of a person who could do nothing about it.
      const { error, error_description: description } = toWire(refusal);
      return {
        // A policy is told to the person as well: they may know whom to ask.
        ...('policy' in refusal && { because: refusal }),
        goOn: await provider().interactionResult(
          ctx.req,
          ctx.res,
          { error, ...(description !== undefined && { error_description: description }) },
          { mergeWithLastSubmission: true },
        ),
      };
    },

    async signedIn(ctx, session) {
      const engine = provider();
      const interaction = await interactionOf(ctx, engine);
      if (!interaction) return undefined;
      const clientId = String(interaction.params.client_id);
      const client = await clients.find(clientId);
      // What a document is in this organization is seen when the engine goes on, now that it is known which.
      if (!isDocumentUrl(clientId) && !(client && signsIn(client, session.person.organization))) return undefined;
      // Whoever administers, has a passkey, and was asked for it uses it: their token does what cannot be taken back.
      const { acr_values: wanted } = interaction.params;
      const asked = client?.kind === 'command_line' && typeof wanted === 'string' && wanted.split(' ').includes('phr');
      if (asked && session.acr !== 'phr' && (await hasPasskey(session.person))) return 'passkey';
      await switchAccount(engine, interaction, session);
      return engine.interactionResult(ctx.req, ctx.res, {
        login: {
          accountId: session.person.id,
          ts: Math.floor(session.authenticatedAt.getTime() / 1000),
          acr: session.acr,
          amr: [...session.amr],
        },
      });
    },

    async showInstead(ctx, approval) {
      const interaction = await interactionOf(ctx, provider());
      if (interaction) await showing(interaction, approval);
    },

    async decided(ctx, result) {
      try {
        return await provider().interactionResult(
          ctx.req,
          ctx.res,
          'task' in result
            ? { consent: { grantId: result.task } }
            : { error: 'access_denied', error_description: result.denied },
          { mergeWithLastSubmission: true },
        );
      } catch (error) {
        if (error instanceof errors.SessionNotFound) return undefined;
        throw error;
      }
    },
  };

  /** The approval that answers it: a new one by this id, or the same question that waits. */
  async function openApproval(id: string, params: Record<string, unknown>, session: Session): Promise<Outcome<string>> {
    const client = await clients.find(String(params.client_id), session.person.organization);
    const person = await people.find(session.person.id);
    if (!client?.agent || !person || client.organization !== person.organization) return allow(id);
    const asked = parseAgentRequest(
      {
        scope: params.scope as string | undefined,
        details: params.authorization_details,
        resources: [params.resource ?? issuer].flat() as string[],
        allowedTypes: undefined, // checked when the request was pushed
      },
      {
        catalogue: catalogue(),
        issuer,
        organization: client.organization,
        organizationDomains: client.organizationDomains,
        limits: client.agent?.limits,
      },
    );
    if (!asked.ok) return asked;
    const opened = await askPerson(
      {
        id,
        kind: 'browser',
        client,
        person,
        asked: asked.value,
        seconds: INTERACTION_SECONDS,
        boundTo: params.dpop_jkt as string | undefined,
        confidential: false, // coverage was looked at before the page
        nonce: params.nonce as string | undefined,
        acrValues: params.acr_values as string | undefined,
      },
      ask,
    );
    return opened.ok ? allow(opened.value.id) : opened;
  }
}

const FRESH: ReadonlySet<string> = new Set(['login_prompt', 'max_age', 'command_line']);

/** As long as the engine keeps its interaction. */
const INTERACTION_SECONDS = 600;

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** Undefined where the engine does not know this browser's interaction (any more). */
async function interactionOf(ctx: Context, provider: Provider): Promise<Interaction | undefined> {
  try {
    const interaction = await provider.interactionDetails(ctx.req, ctx.res);
    if (interaction.uid !== ctx.params.uid) return undefined;
    const { ui_locales: locales } = interaction.params;
    if (typeof locales === 'string') stateOf(ctx.req).uiLocales = locales;
    return interaction;
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined;
    throw error;
  }
}

/** From now on this interaction is about an approval that another one opened. */
async function showing(interaction: Interaction, approval: string): Promise<void> {
  interaction.prompt.details.shows = approval;
  await interaction.persist();
}

/**
 * Somebody else signed in at this browser since the engine's session began. The engine would ask to sign out first,
 * on a page of its own; we move its session over, without what the first person had granted.
 */
async function switchAccount(provider: Provider, interaction: Interaction, { person }: Session): Promise<void> {
  const { session } = interaction;
  if (!session || session.accountId === person.id) return;
  // By its id: what is found by its uid does not know its id, and saving it would make another session.
  const stored = await provider.Session.find(session.cookie);
  if (stored) {
    stored.accountId = person.id;
    stored.authorizations = {};
    await stored.persist();
  }
  interaction.session = { ...session, accountId: person.id };
  await interaction.persist();
}
