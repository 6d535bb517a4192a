import { useSpeaker } from './words/context.tsx';
import type { Language } from './words/language.ts';
import { NARROWING } from './words/narrowing.ts';
import type { Said } from './words/words.ts';

/** What a person may take away from one action. */
export interface Narrowing {
  fields: readonly NarrowField[];
  /** Something was chosen already: it is not hidden again. */
  open?: boolean;
}

export type NarrowField = {
  label: Said;
  /** What is wrong with what was chosen. */
  problem?: Said;
} & (
  | {
      kind: 'date';
      name: string;
      /** `2026-11-24`. */
      value: string | undefined;
      min: string | undefined;
      max: string | undefined;
    }
  | { kind: 'typed'; name: string; value: string; digits?: boolean }
  | { kind: 'members'; members: readonly { name: string; text: string; checked?: boolean }[] }
);

/** Where a link to the field leads. */
export const idOf = (field: NarrowField): string =>
  field.kind === 'members' ? (field.members[0]?.name ?? '') : field.name;

/** Closed until somebody wants it; what is in it says what was asked, so that untouched it changes nothing, as does a form that leaves it out. */
export function Narrow({ fields, open, language }: Narrowing & { language: Language | undefined }) {
  const { say } = useSpeaker();
  return (
    <details class="narrow" open={open}>
      <summary>{say(NARROWING.title)}</summary>
      <div class="narrow-fields">
        <p class="hint">{say(NARROWING.hint)}</p>
        {fields.map((field) => (
          <NarrowOne field={field} language={language} />
        ))}
      </div>
    </details>
  );
}

function NarrowOne({ field, language }: { field: NarrowField; language: Language | undefined }) {
  const { label, problem } = field;
  const id = idOf(field);
  const wrong = problem === undefined ? {} : ({ 'aria-invalid': 'true', 'aria-describedby': `${id}-problem` } as const);
  const beside =
    problem === undefined ? null : (
      <p class="problem" id={`${id}-problem`}>
        {problem}
      </p>
    );
  if (field.kind === 'members') {
    return (
      <fieldset>
        <legend class="label" lang={language}>
          {label}
        </legend>
        {field.members.map(({ name, text, checked }) => (
          <label class="check">
            <input class="check-input" type="checkbox" id={name} name={name} value="1" checked={checked} {...wrong} />
            <bdi>{text}</bdi>
          </label>
        ))}
        {beside}
      </fieldset>
    );
  }
  const { name, value } = field;
  const common = { class: 'input', id, name, value, autocomplete: 'off', ...wrong } as const;
  return (
    <div>
      <label class="label" for={id} lang={language}>
        {label}
      </label>
      {field.kind === 'date' ? (
        <input {...common} type="date" min={field.min} max={field.max} />
      ) : (
        <input {...common} type="text" inputmode={field.digits ? 'numeric' : 'decimal'} />
      )}
      {beside}
    </div>
  );
}
