import { useSpeaker } from './words/context.tsx';
import type { Language } from './words/language.ts';
import { NARROWING } from './words/narrowing.ts';
import type { Said } from './words/words.ts';

/** What a person may take away from one action. */
export interface Narrowing {
  fields: readonly NarrowField[];
}

export type NarrowField =
  | {
      kind: 'date';
      name: string;
      label: Said;
      /** `2026-11-24`. */
      value: string | undefined;
      min: string | undefined;
      max: string | undefined;
    }
  | { kind: 'typed'; name: string; label: Said; value: string; digits?: boolean }
  | { kind: 'members'; label: Said; members: readonly { name: string; text: string }[] };

/** Closed until somebody wants it; what is in it says what was asked, so that untouched it changes nothing, as does a form that leaves it out. */
export function Narrow({ fields, language }: Narrowing & { language: Language | undefined }) {
  const { say } = useSpeaker();
  return (
    <details class="narrow">
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
  if (field.kind === 'members') {
    return (
      <fieldset>
        <legend class="label" lang={language}>
          {field.label}
        </legend>
        {field.members.map(({ name, text }) => (
          <label class="check">
            <input class="check-input" type="checkbox" name={name} value="1" />
            <bdi>{text}</bdi>
          </label>
        ))}
      </fieldset>
    );
  }
  const { name, label, value } = field;
  const common = { class: 'input', id: name, name, value, autocomplete: 'off' } as const;
  return (
    <div>
      <label class="label" for={name} lang={language}>
        {label}
      </label>
      {field.kind === 'date' ? (
        <input {...common} type="date" min={field.min} max={field.max} />
      ) : (
        <input {...common} type="text" inputmode={field.digits ? 'numeric' : 'decimal'} />
      )}
    </div>
  );
}
