import { page } from '../layout.tsx';
import { ACTIONS, NEW_ACTION } from '../words/console-actions.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
import { Section } from './detail.tsx';
import { AdminForm, FileInput, Select, TextArea, TextInput } from './form.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface NewActionPage {
  frame: AdminFrame;
  csrf: string;
  /** What this organization owns. */
  systems: readonly { value: string; label: string }[];
  /** What came back, with what is wrong with it. */
  typed?: ReadonlyMap<string, string> | undefined;
  problem?: { field: keyof typeof FORM_OF; text: Said } | undefined;
}

/** In which of the two forms each field is. */
const FORM_OF = {
  system: 'scratch',
  key: 'scratch',
  described_system: 'description',
  file: 'description',
  document: 'description',
  source: 'description',
} as const;

/** A5-5: an action begins from scratch or from somebody else's description, and either way as a draft. */
export const newActionPage = (props: NewActionPage): string => page(<NewAction {...props} />, props.frame);

function NewAction(props: NewActionPage) {
  const { frame, systems, problem } = props;
  const { say } = useSpeaker();
  return (
    <AdminLayout
      frame={frame}
      title={say(NEW_ACTION.title)}
      above={[{ href: '/admin/actions', label: say(ACTIONS.title) }]}
      error={problem !== undefined}
      narrow
    >
      <h1>{say(NEW_ACTION.title)}</h1>
      {systems.length === 0 ? (
        <>
          <p>{say(NEW_ACTION.noSystem)}</p>
          <p>
            <a class="button" href="/admin/systems">
              {say(NEW_ACTION.toSystems)}
            </a>
          </p>
        </>
      ) : (
        <>
          <Scratch {...props} />
          <Description {...props} />
        </>
      )}
    </AdminLayout>
  );
}

function Scratch({ csrf, systems, typed, problem }: NewActionPage) {
  const { say } = useSpeaker();
  return (
    <Section title={say(NEW_ACTION.scratch)}>
      <p class="quiet">{say(NEW_ACTION.scratchLead)}</p>
      <AdminForm
        action="/admin/actions/new"
        csrf={csrf}
        submit={say(NEW_ACTION.begin)}
        problems={problem && FORM_OF[problem.field] === 'scratch' ? [problem] : []}
      >
        <Select name="system" label={say(NEW_ACTION.system)} value={typed?.get('system')} options={systems} />
        <TextInput
          name="key"
          label={say(NEW_ACTION.key)}
          hint={say(NEW_ACTION.keyHint)}
          value={typed?.get('key')}
          maxLength={80}
          invalid={problem?.field === 'key'}
          verbatim
        />
      </AdminForm>
    </Section>
  );
}

function Description({ csrf, systems, typed, problem }: NewActionPage) {
  const { say } = useSpeaker();
  return (
    <Section title={say(NEW_ACTION.from)}>
      <p class="quiet">{say(NEW_ACTION.fromLead)}</p>
      <AdminForm
        action="/admin/actions/new/drafts"
        csrf={csrf}
        submit={say(NEW_ACTION.make)}
        problems={problem && FORM_OF[problem.field] === 'description' ? [problem] : []}
        files
      >
        <Select
          name="described_system"
          label={say(NEW_ACTION.system)}
          value={typed?.get('described_system')}
          options={systems}
        />
        <FileInput name="file" label={say(NEW_ACTION.file)} accept=".json,.yaml,.yml" optional />
        <TextArea
          name="document"
          label={say(NEW_ACTION.text)}
          value={typed?.get('document')}
          rows={8}
          maxLength={500_000}
          optional
        />
        <TextInput
          name="source"
          label={say(NEW_ACTION.source)}
          hint={say(NEW_ACTION.sourceHint)}
          value={typed?.get('source')}
          maxLength={200}
          optional
        />
      </AdminForm>
    </Section>
  );
}
