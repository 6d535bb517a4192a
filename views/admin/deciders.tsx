import { Csrf, ErrorSummary, page } from '../layout.tsx';
import { Foreign } from '../text.tsx';
import { WHO_DECIDES } from '../words/console-deciders.ts';
import { useSpeaker } from '../words/context.tsx';
import { asItIs, type Said } from '../words/words.ts';
import { Section } from './detail.tsx';
import { AdminForm, CheckList, RadioList, Select, TextArea, TextInput } from './form.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

/** Who is close to a request: they count only where the rule says so. */
const CLOSE = ['requester', 'owner', 'deputy'] as const;

/** What stands in the form for one rule. */
export interface DecidersForm {
  csrf: string;
  /** The text in the editor, which it is written into. */
  yaml: string;
  rules: readonly string[];
  groups: readonly string[];
  /** What was chosen a moment ago. */
  typed?: ReadonlyMap<string, string> | undefined;
  problem?: Said | undefined;
}

/** Who decides, as a sentence with fields in it. */
export function WhoDecides({ csrf, yaml, rules, groups, typed, problem }: DecidersForm) {
  const { say } = useSpeaker();
  const named = groups.map((name) => ({ value: name, label: name }));
  const how = typed?.get('how') ?? 'person';
  const may = (one: (typeof CLOSE)[number]) => ({
    name: `may_${one}`,
    label: say(WHO_DECIDES[one]),
    checked: typed?.get(`may_${one}`) === '1',
  });
  return (
    <Section title={say(WHO_DECIDES.title)}>
      <p class="quiet">
        {say(WHO_DECIDES.lead)} <a href="/admin/groups">{say(WHO_DECIDES.toGroups)}</a>
      </p>
      {rules.length === 0 ? (
        <p data-testid="no-rules">{say(WHO_DECIDES.noRules)}</p>
      ) : (
        <AdminForm
          action="/admin/policies/deciders#effect"
          csrf={csrf}
          submit={say(WHO_DECIDES.submit)}
          problems={problem === undefined ? [] : [{ text: problem }]}
        >
          <input type="hidden" name="yaml" value={yaml} data-written />
          <Select
            name="rule"
            label={say(WHO_DECIDES.rule)}
            value={typed?.get('rule')}
            options={rules.map((name) => ({ value: name, label: name }))}
          />
          <RadioList
            name="how"
            legend={say(WHO_DECIDES.how)}
            options={[
              { value: 'person', label: say(WHO_DECIDES.byPerson), checked: how === 'person' },
              { value: 'group', label: say(WHO_DECIDES.byGroup), checked: how === 'group' },
              { value: 'both', label: say(WHO_DECIDES.byBoth), checked: how === 'both' },
            ]}
          />
          <Select
            name="group"
            label={say(WHO_DECIDES.group)}
            value={typed?.get('group')}
            optional
            options={[{ value: '', label: say(WHO_DECIDES.noGroup) }, ...named]}
          />
          <TextInput
            name="quorum"
            label={say(WHO_DECIDES.quorum)}
            type="number"
            value={typed?.get('quorum') ?? '1'}
            optional
          />
          <CheckList legend={say(WHO_DECIDES.close)} options={CLOSE.map(may)} />
          <TextInput name="after" label={say(WHO_DECIDES.after)} type="number" value={typed?.get('after')} optional />
          <Select
            name="escalate"
            label={say(WHO_DECIDES.escalate)}
            value={typed?.get('escalate')}
            optional
            options={[
              { value: '', label: say(WHO_DECIDES.nobodyElse) },
              { value: ':deputy', label: say(WHO_DECIDES.theDeputy) },
              ...named,
            ]}
          />
          <TextInput
            name="within"
            label={say(WHO_DECIDES.within)}
            hint={say(WHO_DECIDES.usual)}
            type="number"
            value={typed?.get('within')}
            optional
          />
        </AdminForm>
      )}
    </Section>
  );
}

export interface GroupsPage {
  frame: AdminFrame;
  csrf: string;
  mayChange: boolean;
  groups: readonly {
    id: string;
    name: string;
    members: readonly { email: string; words: Said }[];
    askedBy: Said;
    /** Of those who wait, where this administrator may confirm them; undefined where nobody waits. */
    waiting?: { hash: string; mine: boolean } | undefined;
    removable: boolean;
  }[];
  notice?: Said | undefined;
  /** What came back, with what is wrong with it. */
  typed?: { name: string; members: string } | undefined;
  problem?: Said | undefined;
}

/** A6: people who decide together, by name. */
export const groupsPage = (props: GroupsPage): string => page(<Groups {...props} />, props.frame);

function Groups({ frame, csrf, mayChange, groups, notice, typed, problem }: GroupsPage) {
  const { say } = useSpeaker();
  const problems = problem === undefined ? [] : [{ text: problem }];
  const isTyped = ({ name }: { name: string }) => name === typed?.name;
  const added = groups.some(isTyped) ? undefined : typed;
  return (
    <AdminLayout frame={frame} title={say(WHO_DECIDES.groups)} notice={notice} error={problem !== undefined}>
      <h1>{say(WHO_DECIDES.groups)}</h1>
      <p class="lead">{say(WHO_DECIDES.groupsLead)}</p>
      <p>
        <a class="small-link" href="/admin/policies">
          {say(WHO_DECIDES.toPolicies)}
        </a>
      </p>
      {problem === undefined || typed !== undefined ? null : <ErrorSummary>{problem}</ErrorSummary>}
      {groups.length === 0 ? <p class="quiet empty">{say(WHO_DECIDES.noGroups)}</p> : null}
      {groups.map((group) => (
        <Section title={asItIs(group.name)}>
          <ul class="plain">
            {group.members.map(({ words }) => (
              <li>
                <Foreign text={words} limit={240} />
              </li>
            ))}
          </ul>
          <p class="quiet">
            <bdi>{group.askedBy}</bdi>
          </p>
          {mayChange ? (
            <GroupForms csrf={csrf} group={group} {...(isTyped(group) && { typed: typed?.members, problem })} />
          ) : null}
        </Section>
      ))}
      {mayChange ? (
        <Section title={say(WHO_DECIDES.add)}>
          <AdminForm action="/admin/groups" csrf={csrf} submit={say(WHO_DECIDES.save)} problems={added && problems}>
            <TextInput name="name" label={say(WHO_DECIDES.name)} maxLength={80} value={added?.name} />
            <TextArea
              name="members"
              label={say(WHO_DECIDES.members)}
              value={added?.members}
              hint={say(WHO_DECIDES.membersHint)}
              rows={4}
              maxLength={13_000}
            />
          </AdminForm>
        </Section>
      ) : null}
    </AdminLayout>
  );
}

function GroupForms({
  csrf,
  group,
  typed,
  problem,
}: {
  csrf: string;
  group: GroupsPage['groups'][number];
  /** The members, as they came back. */
  typed?: string | undefined;
  problem?: Said | undefined;
}) {
  const { say } = useSpeaker();
  const { id, name, members, waiting, removable } = group;
  return (
    <>
      {waiting === undefined ? null : waiting.mine ? (
        <p class="warning">{say(WHO_DECIDES.another)}</p>
      ) : (
        <form class="form" method="post" action="/admin/groups/confirm">
          <Csrf value={csrf} />
          <input type="hidden" name="group" value={id} />
          <input type="hidden" name="hash" value={waiting.hash} />
          <button type="submit" class="button primary" data-testid="confirm-group">
            {say(WHO_DECIDES.confirm)}
          </button>
        </form>
      )}
      <form class="form" method="post" action="/admin/groups">
        <Csrf value={csrf} />
        <input type="hidden" name="name" value={name} />
        {problem === undefined ? null : <ErrorSummary>{problem}</ErrorSummary>}
        <label class="label" for={`members-${id}`}>
          {say(WHO_DECIDES.members)}
        </label>
        <textarea
          class="input"
          id={`members-${id}`}
          name="members"
          rows={Math.max(3, members.length + 1)}
          maxLength={13_000}
          spellcheck={false}
        >
          {typed ?? members.map(({ email }) => email).join('\n')}
        </textarea>
        <div class="form-end">
          <button type="submit" class="button">
            {say(WHO_DECIDES.save)}
          </button>
        </div>
      </form>
      {removable ? (
        <form class="form" method="post" action="/admin/groups/remove">
          <Csrf value={csrf} />
          <input type="hidden" name="group" value={id} />
          <button type="submit" class="button">
            {say(WHO_DECIDES.remove)}
          </button>
        </form>
      ) : null}
    </>
  );
}
