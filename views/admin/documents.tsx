import { page } from '../layout.tsx';
import { Foreign, visible } from '../text.tsx';
import { LET_IN, LETTING_IN } from '../words/console-documents.ts';
import { LIST } from '../words/console-list.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
import { Section } from './detail.tsx';
import { AdminForm, OfferedPeople, RadioList, TextArea, TextInput } from './form.tsx';
import { LimitFields } from './limits.tsx';
import { Command, Paging, Pill, Table, type Tone } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

const PATH = '/admin/documents';
export type Verdict = 'allow' | 'ask' | 'deny';

export interface DocumentsPage {
  frame: AdminFrame;
  notice?: Said | undefined;
  /** Whoever only looks gets no forms. */
  mayChange: boolean;
  waiting: readonly { url: string; person: string; times: number; since: Said; href: string }[];
  policies: readonly {
    /** `*` is every other. */
    domain: string;
    verdict: Verdict;
    answers: { owner: string; deputy: string } | undefined;
    limits: Said;
    since: Said;
    href: string;
  }[];
  /** Something is said of every other domain. */
  saysOfOthers: boolean;
  /** Where the lists go on. */
  moreWaiting: string | undefined;
  morePolicies: string | undefined;
  /** Back to the beginning, where this is not it. */
  first: string | undefined;
}

/** Whose software becomes an agent by describing itself (client ID metadata documents). */
export const documentsPage = (props: DocumentsPage): string => page(<Documents {...props} />, props.frame);

const TONES: Readonly<Record<Verdict, Tone>> = { allow: 'good', ask: 'waiting', deny: 'bad' };

function Documents(props: DocumentsPage) {
  const { frame, notice, mayChange, first } = props;
  const { say } = useSpeaker();
  return (
    <AdminLayout frame={frame} title={say(LET_IN.title)} notice={notice}>
      <div class="heading">
        <h1>{say(LET_IN.title)}</h1>
        {mayChange ? (
          <a class="button" href={`${PATH}/domain`}>
            {say(LET_IN.add)}
          </a>
        ) : null}
      </div>
      <p class="lead">{say(LET_IN.lead)}</p>
      <Section title={say(LET_IN.waiting)}>
        <Waiting {...props} />
      </Section>
      <Section title={say(LET_IN.domains)}>
        <Domains {...props} />
      </Section>
      <div class="take">
        <Command line={'countersign documents waiting\ncountersign documents list'} />
      </div>
      {first === undefined ? null : (
        <p>
          <a class="small-link" href={first}>
            {say(LIST.first)}
          </a>
        </p>
      )}
    </AdminLayout>
  );
}

function Waiting({ mayChange, waiting, moreWaiting }: DocumentsPage) {
  const { say } = useSpeaker();
  return (
    <>
      {waiting.length === 0 ? (
        <p class="quiet empty">{say(LET_IN.nobodyWaits)}</p>
      ) : (
        <Table
          label={say(LET_IN.waiting)}
          columns={[
            { label: say(LET_IN.address) },
            { label: say(LET_IN.wantedBy) },
            { label: say(LET_IN.asked) },
            { label: say(LET_IN.since) },
            ...(mayChange ? [{}] : []),
          ]}
          rows={waiting.map(({ url, person, times, since, href }) => ({
            key: url,
            cells: [
              mayChange ? (
                <a class="row-link" href={href}>
                  <Foreign text={url} limit={300} />
                </a>
              ) : (
                <Foreign text={url} limit={300} />
              ),
              <Foreign text={person} limit={80} />,
              say(LET_IN.times, { count: times }),
              since,
              ...(mayChange
                ? [
                    <a class="button small" href={href} aria-label={say(LET_IN.lookAt, { address: visible(url, 80) })}>
                      {say(LET_IN.look)}
                    </a>,
                  ]
                : []),
            ],
          }))}
        />
      )}
      <Paging next={moreWaiting} label={say(LET_IN.waiting)} />
      {mayChange ? (
        <p>
          <a class="small-link" href={`${PATH}/allow`}>
            {say(LET_IN.another)}
          </a>
        </p>
      ) : null}
    </>
  );
}

function Domains({ mayChange, policies, saysOfOthers, morePolicies }: DocumentsPage) {
  const { say, markup } = useSpeaker();
  const name = (domain: string) => (domain === '*' ? say(LET_IN.everyOther) : visible(domain, 253));
  return (
    <>
      {policies.length === 0 ? null : (
        <Table
          label={say(LET_IN.domains)}
          columns={[
            { label: say(LET_IN.domain) },
            { label: say(LET_IN.verdict) },
            { label: say(LET_IN.answers) },
            { label: say(LET_IN.limits) },
            { label: say(LET_IN.since) },
            ...(mayChange ? [{}] : []),
          ]}
          rows={policies.map(({ domain, verdict, answers, limits, since, href }) => ({
            key: domain,
            cells: [
              <bdi>{name(domain)}</bdi>,
              <Pill tone={TONES[verdict]}>{say(LET_IN[verdict])}</Pill>,
              answers === undefined ? (
                '–'
              ) : (
                <span>
                  {markup(LET_IN.ownerAndDeputy, {
                    owner: <Foreign text={answers.owner} limit={60} />,
                    deputy: <Foreign text={answers.deputy} limit={60} />,
                  })}
                </span>
              ),
              <Foreign text={limits} limit={400} />,
              since,
              ...(mayChange
                ? [
                    <a class="button small" href={href} aria-label={say(LET_IN.changeFor, { domain: name(domain) })}>
                      {say(LET_IN.change)}
                    </a>,
                  ]
                : []),
            ],
          }))}
        />
      )}
      <Paging next={morePolicies} label={say(LET_IN.domains)} />
      {saysOfOthers ? null : <p class="quiet">{say(LET_IN.otherwise)}</p>}
    </>
  );
}

/** What was typed, or what stands. */
export type Fields = Readonly<Record<string, string | undefined>>;

interface FormPage {
  frame: AdminFrame;
  csrf: string;
  fields: Fields;
  problems: readonly { field?: string | undefined; text: Said }[];
  people: readonly { email: string; name: string }[];
}

export interface DomainPage extends FormPage {
  /** It is there already: its form changes it. */
  known: boolean;
  /** Limits that this form does not show. */
  kept: Said | undefined;
}

/** One domain: whether its agents are let in, who answers for them, what they never go beyond. */
export const domainPage = (props: DomainPage): string => page(<Domain {...props} />, props.frame);

function Domain({ frame, csrf, fields, problems, people, known, kept }: DomainPage) {
  const { say } = useSpeaker();
  const { domain = '' } = fields;
  const title = !known
    ? say(LETTING_IN.newDomain)
    : domain === '*'
      ? say(LETTING_IN.everyOther)
      : say(LETTING_IN.oneDomain, { domain });
  return (
    <AdminLayout
      frame={frame}
      title={title}
      above={[{ href: PATH, label: say(LET_IN.title) }]}
      error={problems.length > 0}
      narrow
    >
      <h1>{title}</h1>
      <AdminForm action={`${PATH}/domain`} csrf={csrf} problems={problems} submit={say(LETTING_IN.save)} cancel={PATH}>
        {known ? (
          <input type="hidden" name="domain" value={domain} />
        ) : (
          <TextInput
            name="domain"
            label={say(LETTING_IN.domain)}
            hint={say(LETTING_IN.domainHint)}
            maxLength={253}
            verbatim
            value={domain}
            invalid={isWrong(problems, 'domain')}
          />
        )}
        <RadioList
          name="verdict"
          legend={say(LETTING_IN.verdict)}
          options={(['allow', 'ask', 'deny'] as const).map((value) => ({
            value,
            label: say(LETTING_IN[value]),
            detail: say(LETTING_IN[`${value}Means`]),
            checked: fields.verdict === value,
          }))}
        />
        <Accountable
          fields={fields}
          problems={problems}
          people={people}
          optional
          ownerHint={say(LETTING_IN.ownerHint)}
        />
        <Bounds fields={fields} problems={problems} actions={say(LETTING_IN.actions)} />
        {kept === undefined ? null : <p class="hint">{say(LETTING_IN.kept, { limits: kept })}</p>}
      </AdminForm>
      {known ? (
        <Section title={say(LETTING_IN.remove)}>
          <p class="quiet">{say(LETTING_IN.removeMeans)}</p>
          <AdminForm action={`${PATH}/remove`} csrf={csrf} submit={say(LETTING_IN.remove)} danger>
            <input type="hidden" name="domain" value={domain} />
          </AdminForm>
        </Section>
      ) : null}
    </AdminLayout>
  );
}

/** One address: it becomes an agent, once owner and deputy accepted it. */
export const allowDocumentPage = (props: FormPage & { host: string | undefined }): string =>
  page(<AllowDocument {...props} />, props.frame);

function AllowDocument({ frame, csrf, fields, problems, people, host }: Parameters<typeof allowDocumentPage>[0]) {
  const { say, markup } = useSpeaker();
  return (
    <AdminLayout
      frame={frame}
      title={say(LETTING_IN.oneAddress)}
      above={[{ href: PATH, label: say(LET_IN.title) }]}
      error={problems.length > 0}
      narrow
    >
      <h1>{say(LETTING_IN.oneAddress)}</h1>
      <p class="lead">{say(LETTING_IN.addressLead)}</p>
      <AdminForm
        action={`${PATH}/allow`}
        csrf={csrf}
        problems={problems}
        submit={say(LETTING_IN.allowIt)}
        cancel={PATH}
      >
        <TextInput
          name="url"
          label={say(LETTING_IN.address)}
          type="url"
          maxLength={300}
          verbatim
          value={fields.url}
          invalid={isWrong(problems, 'url')}
        />
        {host === undefined ? null : (
          <p>
            {markup(LETTING_IN.host, {
              host: (
                <strong>
                  <Foreign text={host} limit={253} />
                </strong>
              ),
            })}
          </p>
        )}
        <Accountable fields={fields} problems={problems} people={people} ownerHint={say(LETTING_IN.accepts)} />
        <TextInput
          name="name"
          label={say(LETTING_IN.name)}
          hint={say(LETTING_IN.nameHint)}
          maxLength={80}
          optional
          value={fields.name}
          invalid={isWrong(problems, 'name')}
        />
        <Bounds fields={fields} problems={problems} actions={say(LETTING_IN.itsActions)} />
      </AdminForm>
    </AdminLayout>
  );
}

const isWrong = (problems: FormPage['problems'], name: string) => problems.some(({ field }) => field === name);

type Part = Pick<FormPage, 'fields' | 'problems'>;

function Accountable({
  fields,
  problems,
  people,
  optional,
  ownerHint,
}: Part & Pick<FormPage, 'people'> & { optional?: boolean; ownerHint: Said }) {
  const { say } = useSpeaker();
  return (
    <>
      {(['owner', 'deputy'] as const).map((role) => (
        <TextInput
          name={role}
          label={say(LETTING_IN[role])}
          hint={role === 'owner' ? ownerHint : say(LETTING_IN.deputyHint)}
          type="email"
          list="people"
          optional={optional}
          value={fields[role]}
          invalid={isWrong(problems, role)}
        />
      ))}
      <OfferedPeople people={people} />
    </>
  );
}

/** Which actions, and what else bounds them. */
function Bounds({ fields, problems, actions }: Part & { actions: Said }) {
  const { say } = useSpeaker();
  return (
    <>
      <TextArea
        name="actions"
        label={actions}
        hint={say(LETTING_IN.actionsHint)}
        optional
        rows={3}
        maxLength={10_000}
        value={fields.actions}
      />
      <LimitFields fields={fields} problems={problems} secondPerson perMinute="requests_per_minute" />
    </>
  );
}
