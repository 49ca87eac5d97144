import { argumentsOf, type Call } from './call.ts';

interface Props {
  call: Call;
  onChange: (changes: Partial<Call>) => void;
  /** Below the field of the function. */
  functionHint: string;
  timeoutLabel: string;
}

/** The function that is called, its arguments, its workers and its time limit; in a form grid. */
export function CallFields({ call, onChange, functionHint, timeoutLabel }: Props) {
  const isWrong = argumentsOf(call) === null;
  const field = (name: keyof Call) => ({
    value: call[name],
    onInput: (event: { currentTarget: { value: string } }) => onChange({ [name]: event.currentTarget.value }),
  });
  return (
    <>
      <label class="field">
        <span>Function</span>
        <input class="input mono" spellcheck={false} {...field('func')} />
        <span class="hint">{functionHint}</span>
      </label>
      <label class="field">
        <span>Arguments</span>
        <input class="input mono" spellcheck={false} aria-invalid={isWrong} {...field('args')} />
        <span class={isWrong ? 'field-error' : 'hint'}>{isWrong ? 'Must be a JSON array' : 'A JSON array'}</span>
      </label>
      <label class="field">
        <span>Target</span>
        <input class="input mono" spellcheck={false} {...field('target')} />
      </label>
      <label class="field">
        <span>{timeoutLabel}</span>
        <input class="input" type="number" min="0" step="any" {...field('timeout')} />
      </label>
    </>
  );
}
