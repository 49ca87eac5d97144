import { useSession } from '../api/use-session.ts';

interface Props {
  id: string;
  /** The prefix that ids must have; from `usePrefix`. */
  prefix: string;
  onChange: (id: string) => void;
  isWide?: boolean;
}

/** The field for the id of something new. It says if the token does not allow the id. */
export function IdField({ id, prefix, onChange, isWide = false }: Props) {
  const isWrong = !id.startsWith(prefix);
  return (
    <label class={isWide ? 'field span' : 'field'}>
      <span>Id</span>
      <input
        class="input mono"
        required
        autofocus
        spellcheck={false}
        autocomplete="off"
        value={id}
        aria-invalid={isWrong}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {prefix !== '' && (
        <span class={isWrong ? 'field-error' : 'hint'}>Your token allows ids that begin with {prefix}</span>
      )}
    </label>
  );
}

/** The prefix that the reader's token requires of new ids; '' if it allows all. */
export function usePrefix(): string {
  return useSession()?.prefix ?? '';
}
