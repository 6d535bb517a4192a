import type { ComponentChildren } from 'preact';

import { page } from '../layout.tsx';
import { Foreign } from '../text.tsx';
import { TONES } from './agents.tsx';
import { Detail, Facts, Section } from './detail.tsx';
import { Pill, Table } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

/** What every side of an agent shows. */
export interface AgentHead {
  frame: AdminFrame;
  notice?: string | undefined;
  name: string;
  purpose: string | undefined;
  status: string;
  tabs: readonly { href: string; label: string; current: boolean }[];
  actions: readonly { href: string; label: string; danger?: boolean | undefined }[];
}

export interface AgentSummary extends AgentHead {
  facts: readonly (readonly [label: string, value: string])[];
  keys: readonly { client: string; name: string; method: string }[];
}

export interface AgentChanges extends AgentHead {
  changes: readonly { at: string; what: string; by: string; reason: string }[];
}

/** A3, the first side: who it is, who answers for it, how it proves that. */
export const agentSummaryPage = (props: AgentSummary): string =>
  page(
    <Head {...props}>
      <Facts facts={props.facts.map(([label, value]) => [label, <Foreign text={value} limit={200} />] as const)} />
      <Section title="Clients">
        {props.keys.length === 0 ? (
          <p class="quiet">It has no client, so it cannot authenticate.</p>
        ) : (
          <Table
            label="Clients"
            columns={[{ label: 'Client' }, { label: 'Name' }, { label: 'Proves itself by' }]}
            rows={props.keys.map(({ client, name, method }) => ({
              key: client,
              cells: [<code>{client}</code>, <Foreign text={name} limit={60} />, method],
            }))}
          />
        )}
      </Section>
    </Head>,
    props.frame,
  );

/** A3: every change of its state, with who, when and why. */
export const agentChangesPage = (props: AgentChanges): string =>
  page(
    <Head {...props}>
      {props.changes.length === 0 ? (
        <p class="quiet empty">Nothing was changed since it was registered.</p>
      ) : (
        <Table
          label="Changes"
          columns={[{ label: 'When' }, { label: 'What' }, { label: 'By' }, { label: 'Why' }]}
          rows={props.changes.map(({ at, what, by, reason }, index) => ({
            key: String(index),
            cells: [at, what, <Foreign text={by} limit={80} />, <Foreign text={reason} limit={200} />],
          }))}
        />
      )}
    </Head>,
    props.frame,
  );

function Head({
  frame,
  notice,
  name,
  purpose,
  status,
  tabs,
  actions,
  children,
}: AgentHead & { children: ComponentChildren }) {
  return (
    <AdminLayout frame={frame} title={name} above={[{ href: '/admin/agents', label: 'Agents' }]} notice={notice}>
      <Detail
        title={name}
        state={<Pill tone={TONES[status] ?? 'over'}>{status}</Pill>}
        lead={purpose === undefined ? undefined : <Foreign text={purpose} />}
        tabs={tabs}
        actions={actions.map(({ href, label, danger }) => (
          <a class={danger ? 'button danger small' : 'button small'} href={href}>
            {label}
          </a>
        ))}
      >
        {children}
      </Detail>
    </AdminLayout>
  );
}
