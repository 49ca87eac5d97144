import { basename } from 'node:path';
import type { Argv } from 'yargs';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/**
 * The scripts. They ask the command that is being typed, so they work for every version and path of it. yargs prints a
 * word on each line, and for a SHELL named zsh also `:` and its description. Where it knows nothing, the shell completes
 * file names.
 */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_resonate() {
  local IFS=$'\\n'
  local word="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=($(compgen -W "$(SHELL=bash "\${COMP_WORDS[0]}" --get-yargs-completions "\${COMP_WORDS[@]}" 2>/dev/null)" -- "$word"))
}
complete -o bashdefault -o default -F _resonate resonate
`,
  zsh: `#compdef resonate
_resonate() {
  local -a found
  found=("\${(@f)$(SHELL=zsh "\${words[1]}" --get-yargs-completions "\${(@)words[1,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then _describe 'resonate' found; else _files; fi
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
compdef _resonate resonate
`,
  fish: `function __resonate_complete
  set -l words (commandline -opc) (commandline -ct)
  SHELL=zsh $words[1] --get-yargs-completions $words 2>/dev/null |
    string replace -r '(?<!\\\\\\\\):' '\\t' | string replace -a '\\:' ':'
end
complete -c resonate -f -a '(__resonate_complete)'
complete -c resonate -n "string match -qr -- '(path|file|from)\\$' (commandline -opc)[-1]" -F
`,
};

export function builder(command: Argv): Argv<{ shell: Shell }> {
  return command.positional('shell', {
    choices: SHELLS,
    default: usedShell(),
    defaultDescription: 'the one that you use',
    describe: 'The shell',
  });
}

/** `resonate completion` */
export async function handler(argv: object): Promise<void> {
  process.stdout.write(SCRIPTS[(argv as { shell: Shell }).shell]);
}

function usedShell(): Shell {
  const used = basename(process.env['SHELL'] ?? '');
  return SHELLS.find((shell) => shell === used) ?? 'bash';
}
