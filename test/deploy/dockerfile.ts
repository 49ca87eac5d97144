interface Instruction {
  name: string;
  text: string;
}

export interface Dockerfile {
  /** The defaults of the ARG instructions. */
  args: Record<string, string>;
  stages: readonly Stage[];
}

export interface Stage {
  from: string;
  instructions: readonly Instruction[];
}

/** Parses the syntax that our Dockerfile uses: continued lines, comments, ARG before the first stage. */
export function parseDockerfile(source: string): Dockerfile {
  const lines = source
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const args: Record<string, string> = {};
  const stages: { from: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = '', text = ''] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? [];
    const stage = stages.at(-1);
    if (name === 'FROM') stages.push({ from: expand(text, args), instructions: [] });
    else if (stage) stage.instructions.push({ name, text });
    else if (name === 'ARG') args[text.split('=')[0] ?? ''] = text.split('=')[1] ?? '';
  }
  return { args, stages };
}

function expand(text: string, args: Record<string, string>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => args[name] ?? '');
}

/** The text of the last instruction of that name. @throws when there is none. */
export function last(stage: Stage | undefined, name: string): string {
  const found = stage?.instructions.findLast((instruction) => instruction.name === name);
  if (!found) throw new Error(`the Dockerfile has no ${name}`);
  return found.text;
}

/** The array of an instruction such as `CMD ["a", "b"]`, anywhere in its text. */
export function words(text: string): string[] {
  return JSON.parse(text.slice(text.indexOf('['))) as string[];
}

/** Whether .dockerignore keeps a path in the build. As in Docker, the last pattern that matches the path or its folder counts. */
export function contextFilter(source: string): (path: string) => boolean {
  const rules = source
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ fits: pattern(line.replace(/^!/, '')), keeps: line.startsWith('!') }));
  return (path) => rules.findLast(({ fits }) => fits.test(path))?.keeps ?? true;
}

/** Unlike in a shell, `*` also matches names that begin with a dot. */
function pattern(glob: string): RegExp {
  const source = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*\*\/|\*/g, (star) => (star === '*' ? '[^/]*' : '(?:.*/)?'));
  return new RegExp(`^${source}(?:/|$)`);
}
