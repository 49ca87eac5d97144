/** `npm run docs`: docs/openapi.json, from the contract of the admin API. */
import { writeFileSync } from 'node:fs';
import { openApi } from '@resonate/admin';
import { format } from 'prettier';

writeFileSync('docs/openapi.json', await format(JSON.stringify(openApi()), { parser: 'json', printWidth: 120 }));
