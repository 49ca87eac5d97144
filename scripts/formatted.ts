import { format } from 'oxfmt';
import config from '../oxfmt.config.ts';

/** The text as `npm run format` writes it. @param file its extension is the language @throws Error if it is malformed */
export async function formatted(file: string, text: string): Promise<string> {
  const { code, errors } = await format(file, text, config);
  if (errors.length > 0) throw new Error(`${file}: ${errors.map(({ message }) => message).join('; ')}`);
  return code;
}
