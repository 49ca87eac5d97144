import { installPythonSdk } from '../../test/cluster/python.ts';

let installing: Promise<string | undefined> | undefined;

/** Installs the official Python SDK once. @returns why that was not possible; undefined if it succeeded. */
export function whyNoPython(): Promise<string | undefined> {
  return (installing ??= installPythonSdk().then(
    () => undefined,
    (error: unknown) => firstLines(error instanceof Error ? error.message : String(error)),
  ));
}

/** Only the first lines, because pip prints a lot and the error comes first. */
const firstLines = (text: string) => text.split('\n').slice(0, 3).join(' ').slice(0, 300);
