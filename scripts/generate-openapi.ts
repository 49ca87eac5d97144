/** `npm run docs`: writes docs/openapi.json from the declarations in packages/admin. */
import { writeFileSync } from 'node:fs';
import { openApi } from '@resonate/admin';
import { formatted } from './formatted.ts';

writeFileSync('docs/openapi.json', await formatted('openapi.json', JSON.stringify(openApi())));
