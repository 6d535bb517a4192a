import type { ComponentChildren } from 'preact';

import type { AskProps } from '../decision.tsx';
import { page } from '../layout.tsx';
import { visible } from '../text.tsx';
import { MOVE } from '../words/console-agent.ts';
import { FORM } from '../words/console-form.ts';
import { REGISTER } from '../words/console-register.ts';
import { PARTS } from '../words/console-shell.ts';
import { useSpeaker } from '../words/context.tsx';
import { ENVIRONMENT } from '../words/environment.ts';
import type { Said } from '../words/words.ts';
import { OnPhone } from './action.tsx';
import { LevelMark } from './agents.tsx';
import { Facts, Section } from './detail.tsx';
import { AdminForm, CheckList, OfferedPeople, RadioList, Select, TextArea, TextInput } from './form.tsx';
import { LimitFields } from './limits.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface RegisterPage {
  frame: AdminFrame;
  csrf: string;
  action: string;
  step: 1 | 2 | 3 | 4 | 5;
  /** Every step, those that are complete as a way back. */
  steps: readonly { label: Said; href?: string | undefined; current: boolean }[];
  fields: Readonly<Record<string, string>>;
  problems: readonly { field?: string | undefined; text: Said }[];
  people: readonly { email: string; name: string }[];
  actions: readonly { key: string; system: string; level: 'low' | 'medium' | 'high' | 'critical'; chosen: boolean }[];
  back?: string | undefined;
}

/** A4: five short steps, a page each; what was typed is kept. */
export const registerPage = (props: RegisterPage): string => {
  const { frame, csrf, action, step, steps, problems, back } = props;
  const { say } = frame.speaker;
  return page(
    <AdminLayout
      frame={frame}
      title={say(REGISTER.title, { step })}
      error={problems.length > 0}
      narrow
      above={[{ href: '/admin/agents', label: say(PARTS.agents) }]}
    >
      <Progress steps={steps} />
      <h1>
        <span class="asker">{say(REGISTER.step, { step })}</span> {steps[step - 1]?.label}
      </h1>
      <AdminForm
        action={action}
        csrf={csrf}
        problems={problems}
        submit={say(step === 5 ? REGISTER.look : FORM.next)}
        cancel={back}
        cancelLabel={say(step === 1 ? FORM.cancel : FORM.back)}
      >
        <Step {...props} />
      </AdminForm>
    </AdminLayout>,
    frame,
  );
};

function Progress({ steps }: Pick<RegisterPage, 'steps'>) {
  const { say } = useSpeaker();
  return (
    <ol class="steps" aria-label={say(REGISTER.steps)}>
      {steps.map(({ label, href, current }) => (
        <li aria-current={current ? 'step' : undefined}>
          {href === undefined || current ? label : <a href={href}>{label}</a>}
        </li>
      ))}
    </ol>
  );
}

function Step({ step, fields, problems, people, actions }: RegisterPage): ComponentChildren {
  const { say } = useSpeaker();
  const wrong = (name: string) => problems.some(({ field }) => field === name);
  switch (step) {
    case 1:
      return (
        <>
          <TextInput
            name="name"
            label={say(REGISTER.name)}
            hint={say(REGISTER.nameHint)}
            maxLength={80}
            value={fields.name}
            invalid={wrong('name')}
          />
          <TextInput
            name="purpose"
            label={say(REGISTER.purpose)}
            maxLength={120}
            value={fields.purpose}
            invalid={wrong('purpose')}
          />
        </>
      );
    case 2:
      return (
        <>
          <TextInput
            name="owner"
            label={say(REGISTER.owner)}
            hint={say(REGISTER.ownerHint)}
            type="email"
            list="people"
            value={fields.owner}
            invalid={wrong('owner')}
          />
          <TextInput
            name="deputy"
            label={say(REGISTER.deputy)}
            hint={say(REGISTER.deputyHint)}
            type="email"
            list="people"
            value={fields.deputy}
            invalid={wrong('deputy')}
          />
          <OfferedPeople people={people} />
        </>
      );
    case 3:
      return (
        <>
          <RadioList
            name="mode"
            legend={say(REGISTER.howItRuns)}
            options={[
              {
                value: 'attended',
                label: say(REGISTER.attended),
                detail: say(REGISTER.attendedMeans),
                checked: fields.mode === 'attended',
              },
              {
                value: 'unattended',
                label: say(REGISTER.unattended),
                detail: say(REGISTER.unattendedMeans),
                checked: fields.mode === 'unattended',
              },
              {
                value: 'sub_agent',
                label: say(REGISTER.sub_agent),
                detail: say(REGISTER.subAgentMeans),
                checked: fields.mode === 'sub_agent',
              },
            ]}
          />
          <Select
            name="environment"
            label={say(ENVIRONMENT.called)}
            hint={say(REGISTER.environmentHint)}
            optional
            value={fields.environment ?? ''}
            options={(['notSaid', 'production', 'staging', 'test', 'development'] as const).map((one) => ({
              value: one === 'notSaid' ? '' : one,
              label: say(ENVIRONMENT[one]),
            }))}
          />
          <TextArea
            name="redirect_uris"
            label={say(REGISTER.redirects)}
            hint={say(REGISTER.redirectsHint)}
            optional
            rows={3}
            maxLength={4000}
            value={fields.redirect_uris}
          />
        </>
      );
    case 4:
      return (
        <>
          <RadioList
            name="keys"
            legend={say(REGISTER.keysFrom)}
            options={[
              {
                value: 'address',
                label: say(REGISTER.address),
                detail: say(REGISTER.addressMeans),
                checked: fields.keys === 'address',
              },
              { value: 'given', label: say(REGISTER.given), checked: fields.keys === 'given' },
              {
                value: 'made',
                label: say(REGISTER.made),
                detail: say(REGISTER.madeMeans),
                checked: fields.keys === 'made',
              },
            ]}
          />
          <TextInput
            name="jwks_uri"
            label={say(REGISTER.jwksUri)}
            type="url"
            optional
            value={fields.jwks_uri}
            invalid={wrong('jwks_uri')}
            verbatim
          />
          <TextArea name="jwks" label={say(REGISTER.jwks)} optional rows={5} maxLength={8000} value={fields.jwks} />
        </>
      );
    case 5:
      return (
        <>
          <CheckList
            id="actions"
            legend={say(REGISTER.mayAskFor)}
            hint={say(REGISTER.mayAskForHint)}
            options={actions.map(({ key, system, level, chosen }) => ({
              name: `action ${key}`,
              label: <code>{key}</code>,
              detail: (
                <>
                  {visible(system, 60)} · <LevelMark level={level} />
                </>
              ),
              checked: chosen,
            }))}
          />
          <LimitFields fields={fields} problems={problems} perMinute="per_minute" />
          <TextInput
            name="days"
            label={say(REGISTER.days)}
            hint={say(REGISTER.daysHint)}
            type="number"
            value={fields.days ?? '90'}
            invalid={wrong('days')}
          />
        </>
      );
  }
}

export interface RegisterReview {
  frame: AdminFrame;
  csrf: string;
  action: string;
  steps: RegisterPage['steps'];
  facts: readonly (readonly [label: Said, value: string])[];
  /** The same as a file for `countersign apply`; left out where the key is made here. */
  yaml: string;
  /** What people will read when it asks: of each action the first sample of the catalogue, one of them shown. */
  sample?:
    | {
        ask: AskProps;
        /** More than it may ask for: then nobody reads this. */
        beyond: boolean;
        actions: readonly { key: string; href: string; current: boolean }[];
      }
    | undefined;
  problems: readonly { text: Said }[];
  back: string;
}

/** What will be registered, and how to do the same without this page. */
export const registerReviewPage = ({
  frame,
  csrf,
  action,
  steps,
  facts,
  yaml,
  sample,
  problems,
  back,
}: RegisterReview): string => {
  const { say, markup } = frame.speaker;
  return page(
    <AdminLayout
      frame={frame}
      title={say(REGISTER.titleReview)}
      error={problems.length > 0}
      narrow
      above={[{ href: '/admin/agents', label: say(PARTS.agents) }]}
    >
      <Progress steps={steps} />
      <h1>{say(REGISTER.isThisRight)}</h1>
      <Facts facts={facts.map(([label, value]) => [label, <bdi>{visible(value, 300)}</bdi>] as const)} />
      {sample === undefined ? null : (
        <Section title={say(REGISTER.whatPeopleSee)}>
          <p class="quiet">{say(REGISTER.sampleLead)}</p>
          {sample.actions.length < 2 ? null : (
            <nav class="tabs" aria-label={say(REGISTER.mayAsk)}>
              {sample.actions.map(({ key, href: shown, current }) => (
                <a class="tab" href={shown} aria-current={current ? 'true' : undefined}>
                  <code>{key}</code>
                </a>
              ))}
            </nav>
          )}
          {sample.beyond ? <p class="warning">{say(REGISTER.beyond)}</p> : null}
          <OnPhone ask={sample.ask} speaker={frame.speaker} label={say(REGISTER.whatPeopleSee)} />
        </Section>
      )}
      <p class="quiet">{say(REGISTER.untilAccepted)}</p>
      <AdminForm
        action={action}
        csrf={csrf}
        problems={problems}
        submit={say(REGISTER.submit)}
        cancel={back}
        cancelLabel={say(FORM.back)}
      />
      <details>
        <summary>{say(REGISTER.asFile)}</summary>
        <pre class="snippet">
          <code>{yaml}</code>
        </pre>
        <p class="quiet">
          {markup(REGISTER.saveAs, {
            file: <code>agent.yaml</code>,
            command: <code>countersign apply -f agent.yaml</code>,
          })}
        </p>
      </details>
    </AdminLayout>,
    frame,
  );
};

export interface RegisteredPage {
  frame: AdminFrame;
  name: string;
  href: string;
  facts: readonly (readonly [label: Said, value: string])[];
  /** Shown once. */
  privateKey?: string | undefined;
  /** Shown once: what changes the registration later (RFC 7592). */
  registrationAccessToken: string;
  /** What the programs read the private key from. */
  keyFile: string;
  /** Where it is activated. */
  activate: string;
  /** What a builder begins with: where its registration is read, and whole programs. */
  snippets: readonly { name: 'curl' | 'openidClient' | 'mcp'; text: string }[];
}

const SNIPPETS = { curl: REGISTER.inCurl, openidClient: REGISTER.inOpenidClient, mcp: REGISTER.inMcp } as const;

/** It is registered: what its builder needs, once. */
export const registeredPage = ({
  frame,
  name,
  href,
  facts,
  privateKey,
  registrationAccessToken,
  keyFile,
  activate,
  snippets,
}: RegisteredPage): string => {
  const { say, markup } = frame.speaker;
  const agent = visible(name, 80);
  return page(
    <AdminLayout
      frame={frame}
      title={say(REGISTER.isRegistered, { agent })}
      narrow
      above={[{ href: '/admin/agents', label: say(PARTS.agents) }]}
      notice={say(REGISTER.notice)}
    >
      <h1>{markup(REGISTER.isRegistered, { agent: <bdi>{agent}</bdi> })}</h1>
      <Facts facts={facts.map(([label, value]) => [label, <bdi>{visible(value, 300)}</bdi>] as const)} />
      <p class="warning">{say(REGISTER.shownOnce)}</p>
      {privateKey === undefined ? null : (
        <Section title={say(REGISTER.privateKey)}>
          <pre class="snippet" data-testid="private-key">
            <code>{privateKey}</code>
          </pre>
        </Section>
      )}
      <Section title={say(REGISTER.changesRegistration)}>
        <pre class="snippet">
          <code>{registrationAccessToken}</code>
        </pre>
      </Section>
      <Section title={say(REGISTER.begin)}>
        <p class="quiet">{say(REGISTER.beginMeans)}</p>
        <p class="actions">
          <a class="button primary" href={activate}>
            {say(MOVE.activateLink)}
          </a>
          <a class="button" href={href}>
            {say(REGISTER.toAgent)}
          </a>
        </p>
      </Section>
      <Section title={say(REGISTER.forBuilders)}>
        <p class="quiet">{markup(REGISTER.keyFile, { file: <code>{keyFile}</code> })}</p>
        {snippets.map(({ name: kind, text }) => (
          <details open={kind === 'curl'}>
            <summary>{say(SNIPPETS[kind])}</summary>
            <pre class="snippet" data-testid={`snippet-${kind}`}>
              <code>{text}</code>
            </pre>
          </details>
        ))}
      </Section>
    </AdminLayout>,
    frame,
  );
};
