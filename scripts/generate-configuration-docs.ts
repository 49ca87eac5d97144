/** `npm run docs`: writes docs/configuration.md. */
import { writeFile } from 'node:fs/promises';
import { configurationDocs } from './configuration-docs.ts';

await writeFile(new URL('../docs/configuration.md', import.meta.url), await configurationDocs());
