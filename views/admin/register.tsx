import type { ComponentChildren } from 'preact';

import { page } from '../layout.tsx';
import { visible } from '../text.tsx';
import { LevelMark } from './agents.tsx';
import { Facts, Section } from './detail.tsx';
import { AdminForm, CheckList, RadioList, Select, TextArea, TextInput } from './form.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface RegisterPage {
  frame: AdminFrame;
  csrf: string;
  action: string;
  step: 1 | 2 | 3 | 4 | 5;
  /** Every step, those that are complete as a way back. */
  steps: readonly { label: string; href?: string | undefined; current: boolean }[];
  fields: Readonly<Record<string, string>>;
  problems: readonly { field?: string | undefined; text: string }[];
  people: readonly { email: string; name: string }[];
  actions: readonly { key: string; system: string; level: 'low' | 'medium' | 'high' | 'critical'; chosen: boolean }[];
  back?: string | undefined;
}

/** A4: five short steps, a page each; what was typed is kept. */
export const registerPage = (props: RegisterPage): string => {
  const { frame, csrf, action, step, steps, problems, back } = props;
  return page(
    <AdminLayout
      frame={frame}
      title={`Register an agent: step ${step} of 5`}
      error={problems.length > 0}
      narrow
      above={[{ href: '/admin/agents', label: 'Agents' }]}
    >
      <Progress steps={steps} />
      <h1>
        <span class="asker">Step {step} of 5</span> {steps[step - 1]?.label}
      </h1>
      <AdminForm
        action={action}
        csrf={csrf}
        problems={problems}
        submit={step === 5 ? 'Look at it' : 'Next'}
        cancel={back}
        cancelLabel={step === 1 ? 'Cancel' : 'Back'}
      >
        <Step {...props} />
      </AdminForm>
    </AdminLayout>,
    frame,
  );
};

function Progress({ steps }: Pick<RegisterPage, 'steps'>) {
  return (
    <ol class="steps" aria-label="Steps">
      {steps.map(({ label, href, current }) => (
        <li aria-current={current ? 'step' : undefined}>
          {href === undefined || current ? label : <a href={href}>{label}</a>}
        </li>
      ))}
    </ol>
  );
}

function Step({ step, fields, problems, people, actions }: RegisterPage): ComponentChildren {
  const wrong = (name: string) => problems.some(({ field }) => field === name);
  switch (step) {
    case 1:
      return (
        <>
          <TextInput
            name="name"
            label="Name"
            hint="As people will read it. Not like that of another agent."
            maxLength={80}
            value={fields.name}
            invalid={wrong('name')}
          />
          <TextInput
            name="purpose"
            label="What it is for, in one line"
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
            label="Owner"
            hint="Who answers for it. It begins once they and the deputy accept it."
            type="email"
            list="people"
            value={fields.owner}
            invalid={wrong('owner')}
          />
          <TextInput
            name="deputy"
            label="Deputy"
            hint="Who stands in for the owner, and becomes it when they leave."
            type="email"
            list="people"
            value={fields.deputy}
            invalid={wrong('deputy')}
          />
          <datalist id="people">
            {people.map(({ email, name }) => (
              <option value={email}>{visible(name, 80)}</option>
            ))}
          </datalist>
        </>
      );
    case 3:
      return (
        <>
          <RadioList
            name="mode"
            legend="How it runs"
            options={[
              {
                value: 'attended',
                label: 'With a person at its screen',
                detail: 'They see two digits where they started it, and type them where they decide.',
                checked: fields.mode === 'attended',
              },
              {
                value: 'unattended',
                label: 'By itself',
                detail:
                  'Also when nobody is there. It asks people who are elsewhere; they prove themselves with a passkey.',
                checked: fields.mode === 'unattended',
              },
              {
                value: 'sub_agent',
                label: 'As a sub-agent',
                detail: 'For other agents, with what these hand to it.',
                checked: fields.mode === 'sub_agent',
              },
            ]}
          />
          <TextArea
            name="redirect_uris"
            label="Where people are sent back to after a decision in the browser"
            hint="An address a line, or none."
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
            legend="Where its key comes from"
            options={[
              {
                value: 'address',
                label: 'It publishes its keys at an address',
                detail: 'It can change them by itself.',
                checked: fields.keys === 'address',
              },
              { value: 'given', label: 'I have its public key', checked: fields.keys === 'given' },
              {
                value: 'made',
                label: 'Make one here',
                detail: 'The private key is shown once, and kept nowhere on this server.',
                checked: fields.keys === 'made',
              },
            ]}
          />
          <TextInput
            name="jwks_uri"
            label="Address of its keys"
            type="url"
            optional
            value={fields.jwks_uri}
            invalid={wrong('jwks_uri')}
            verbatim
          />
          <TextArea
            name="jwks"
            label="Its public key (JWK, or a set of them)"
            optional
            rows={5}
            maxLength={8000}
            value={fields.jwks}
          />
        </>
      );
    case 5:
      return (
        <>
          <CheckList
            legend="What it may ask for"
            hint="Each of it is still asked of a person, every time."
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
          <Select
            name="highest_impact"
            label="Never above"
            value={fields.highest_impact ?? ''}
            optional
            options={[
              { value: '', label: 'no limit of its own' },
              ...['low', 'medium', 'high', 'critical'].map((value) => ({ value, label: `${value} impact` })),
            ]}
          />
          <TextInput
            name="per_minute"
            label="Requests per minute, at most"
            type="number"
            optional
            value={fields.per_minute}
            invalid={wrong('per_minute')}
          />
          <TextInput
            name="days"
            label="Days until it ends"
            hint="Its owner confirms it before that, or it ends."
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
  facts: readonly (readonly [label: string, value: string])[];
  /** The same as a file for `countersign apply`; left out where the key is made here. */
  yaml: string;
  problems: readonly { text: string }[];
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
  problems,
  back,
}: RegisterReview): string =>
  page(
    <AdminLayout
      frame={frame}
      title="Register an agent: look at it"
      error={problems.length > 0}
      narrow
      above={[{ href: '/admin/agents', label: 'Agents' }]}
    >
      <Progress steps={steps} />
      <h1>Is this right?</h1>
      <Facts facts={facts.map(([label, value]) => [label, <bdi>{visible(value, 300)}</bdi>] as const)} />
      <p class="quiet">Its owner and its deputy are asked to accept it. Until both have, it does nothing.</p>
      <AdminForm
        action={action}
        csrf={csrf}
        problems={problems}
        submit="Register it"
        cancel={back}
        cancelLabel="Back"
      />
      <details>
        <summary>The same as a file</summary>
        <pre class="snippet">
          <code>{yaml}</code>
        </pre>
        <p class="quiet">
          Save it as agent.yaml, then <code>countersign apply -f agent.yaml</code>
        </p>
      </details>
    </AdminLayout>,
    frame,
  );

export interface RegisteredPage {
  frame: AdminFrame;
  name: string;
  href: string;
  facts: readonly (readonly [label: string, value: string])[];
  /** Shown once. */
  privateKey?: string | undefined;
  /** Shown once: what changes the registration later (RFC 7592). */
  registrationAccessToken: string;
  snippet: string;
}

/** It is registered: what its builder needs, once. */
export const registeredPage = ({
  frame,
  name,
  href,
  facts,
  privateKey,
  registrationAccessToken,
  snippet,
}: RegisteredPage): string =>
  page(
    <AdminLayout
      frame={frame}
      title={`${visible(name, 80)} is registered`}
      narrow
      above={[{ href: '/admin/agents', label: 'Agents' }]}
      notice="Registered. Its owner and its deputy are asked to accept it."
    >
      <h1>
        <bdi>{visible(name, 80)}</bdi> is registered
      </h1>
      <Facts facts={facts.map(([label, value]) => [label, <bdi>{visible(value, 300)}</bdi>] as const)} />
      <p class="warning">
        What follows is shown once. Hand it to whoever builds the agent, over a way that nobody else reads.
      </p>
      {privateKey === undefined ? null : (
        <Section title="Its private key">
          <pre class="snippet" data-testid="private-key">
            <code>{privateKey}</code>
          </pre>
        </Section>
      )}
      <Section title="What changes its registration">
        <pre class="snippet">
          <code>{registrationAccessToken}</code>
        </pre>
      </Section>
      <Section title="Its first request">
        <pre class="snippet" data-testid="snippet">
          <code>{snippet}</code>
        </pre>
      </Section>
      <p>
        <a class="button" href={href}>
          To the agent
        </a>
      </p>
    </AdminLayout>,
    frame,
  );
